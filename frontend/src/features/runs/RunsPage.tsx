import { Button, Group, SegmentedControl, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { ChartSpline, FlaskConical, Search } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { Link, useSearch } from "wouter";

import type { RunSummary } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";

import { ColumnMenu, useChosenColumns } from "./ColumnMenu";
import { type Column, columnsOf } from "./columns";
import { DeletedRuns } from "./DeletedRuns";
import { PickedBar } from "./PickedBar";
import { useDeletedRuns, useRuns, useSweepNames } from "./queries";
import { rowsOf } from "./rows";
import { RunsTable } from "./RunsTable";
import { SweepFilter } from "./SweepFilter";
import { filterRuns, sortRuns, type Sorting, type StateFilter } from "./table";
import { useDeleteWithUndo } from "./useDeleteWithUndo";

const filters: { value: StateFilter; label: Message }[] = [
  { value: "all", label: msg("All") },
  { value: "active", label: msg("At work") },
  { value: "completed", label: msg("Completed") },
  { value: "other", label: msg("Ended early") },
  { value: "deleted", label: msg("Deleted") },
];

export default function RunsPage() {
  const { t } = useTranslation();
  const sweep = new URLSearchParams(useSearch()).get("sweep");
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useRuns(sweep);
  const more = hasNextPage ? <MoreRuns shown={data?.items.length ?? 0} total={data?.total ?? 0} busy={isFetchingNextPage} onMore={() => void fetchNextPage()} /> : null;
  // Whoever sees the list will open a run next: its page is fetched while the list is read.
  useEffect(() => {
    const timer = setTimeout(() => void import("./RunPage").catch(() => undefined), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="nw-page">
      <PageHeader
        title={t("Runs")}
        subtitle={t("Every training, live and past.")}
        actions={
          <Button component={Link} href="/sweeps" variant="default" leftSection={<FlaskConical size={15} aria-hidden />}>
            {t("Sweeps")}
          </Button>
        }
      />
      {error && !data ? <ProblemText error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <RunsWaiting /> : null}
      {data ? <RunsOrNone runs={data.items} sweep={sweep} /> : null}
      {more}
    </div>
  );
}

interface MoreProps {
  shown: number;
  total: number;
  busy: boolean;
  onMore: () => void;
}

/** What is listed is the newest; the others come when they are asked for. */
function MoreRuns({ shown, total, busy, onMore }: MoreProps) {
  const { t } = useTranslation();
  return (
    <Group justify="center" mt="sm" gap="sm">
      <Text size="sm" c="dimmed" role="status">
        {t("The newest {{shown}} of {{total}} runs", { shown, total })}
      </Text>
      <Button size="compact-sm" variant="default" loading={busy} onClick={onMore}>
        {t("Load older runs")}
      </Button>
    </Group>
  );
}

/** A list that has become empty stays: what was in it can be restored from there. */
function RunsOrNone({ runs, sweep }: { runs: readonly RunSummary[]; sweep: string | null }) {
  const { data: deleted } = useDeletedRuns();
  const [had, setHad] = useState(false);
  if (runs.length > 0 && !had) setHad(true);
  const none = runs.length === 0 && !had && !deleted?.length && sweep === null;
  return none ? <NoRuns /> : <RunsBody runs={runs} sweep={sweep} />;
}

const FIRST: Sorting = { key: "number", descending: true };

function RunsBody({ runs, sweep }: { runs: readonly RunSummary[]; sweep: string | null }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [filter, setFilter] = useState<StateFilter>("all");
  const [sorting, setSorting] = useState<Sorting>(FIRST);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const sweeps = useSweepNames();
  const names = useMemo(() => new Map(sweeps.data?.map((one) => [one.id, one.name])), [sweeps.data]);
  const [chosen, choose] = useChosenColumns();
  const columns = useMemo(() => columnsOf(runs, t), [runs, t]);
  const shownColumns = chosen.flatMap((id) => columns.find((column) => column.id === id) ?? []);
  const shown = useMemo(() => {
    const read = columns.find((column) => column.id === sorting.key)?.read ?? ((run: RunSummary) => run.number);
    return sortRuns(filterRuns(runs, text, filter), read, sorting.descending);
  }, [runs, columns, text, filter, sorting]);
  const rows = useMemo(() => rowsOf(shown, sweep === null && text === "", open), [shown, sweep, text, open]);
  const toggle = (id: string): void => setOpen((old) => new Set(old.has(id) ? [...old].filter((one) => one !== id) : [...old, id]));
  const deleteRuns = useDeleteWithUndo();

  const sort = ({ id }: Column): void =>
    // The newest and the highest scores first; everything else from its beginning.
    setSorting((old) => ({ key: id, descending: old.key === id ? !old.descending : id === "number" || id === "best" || id.endsWith(":max") }));
  const pick = (ids: readonly string[], on: boolean): void =>
    setPicked((old) => new Set(on ? [...old, ...ids] : [...old].filter((id) => !ids.includes(id))));
  const remove = (doomed: readonly RunSummary[]): void => {
    pick(doomed.map((run) => run.id), false);
    deleteRuns(doomed);
  };

  return (
    <>
      <Group mb="sm" gap="sm">
        <TextInput
          aria-label={t("Find runs")}
          placeholder={t("Name, tag, data set, optimizer …")}
          leftSection={<Search size={15} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <SegmentedControl
          size="xs"
          aria-label={t("Which runs")}
          data={filters.map((one) => ({ ...one, label: t(one.label) }))}
          value={filter}
          onChange={(value) => setFilter(value)}
        />
        <SweepFilter sweeps={sweeps.data ?? []} value={sweep} />
        <ColumnMenu columns={columns} chosen={chosen} onChoose={choose} />
      </Group>
      <PickedBar runs={runs.filter((run) => picked.has(run.id))} onClear={() => setPicked(new Set())} onDelete={remove} />
      <div className="nw-card">
        {filter === "deleted" ? (
          <DeletedRuns />
        ) : shown.length === 0 ? (
          <Text c="dimmed" ta="center" py="xl">
            {runs.length === 0 ? t("No run is left.") : t("No run fits these words.")}
          </Text>
        ) : (
          <RunsTable
            runs={shown}
            rows={rows}
            sweepNames={names}
            onToggle={toggle}
            columns={shownColumns}
            sorting={sorting}
            picked={picked}
            onSort={sort}
            onPick={pick}
            onDelete={(run) => remove([run])}
          />
        )}
      </div>
    </>
  );
}

function NoRuns() {
  const { t } = useTranslation();
  return (
    <EmptyState icon={ChartSpline} title={t("No run yet")} text={t("Start from a template, or open a project, and press Train.")}>
      <Button component={Link} href="/">
        {t("To projects and templates")}
      </Button>
    </EmptyState>
  );
}

function RunsWaiting() {
  const { t } = useTranslation();
  return (
    <Stack aria-busy aria-label={t("Loading the runs")}>
      {[0, 1, 2, 3].map((row) => (
        <Skeleton key={row} height={52} />
      ))}
    </Stack>
  );
}
