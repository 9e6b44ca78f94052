import { Button, Group, Modal, SegmentedControl, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { ChartSpline, Search } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";

import type { Run } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";
import { runTitle } from "@/shared/runTitle";

import { useDeleteRun, useRuns } from "./queries";
import { RunsTable } from "./RunsTable";
import { filterRuns, type SortKey, sortRuns, type Sorting, type StateFilter } from "./table";

const filters: { value: StateFilter; label: Message }[] = [
  { value: "all", label: msg("All") },
  { value: "active", label: msg("At work") },
  { value: "completed", label: msg("Completed") },
  { value: "other", label: msg("Ended early") },
];

export default function RunsPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useRuns();
  return (
    <div className="nw-page">
      <PageHeader title={t("Runs")} subtitle={t("Every training, live and past.")} />
      {error && !data ? <ProblemText error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <RunsWaiting /> : null}
      {data ? data.items.length === 0 ? <NoRuns /> : <RunsBody runs={data.items} /> : null}
    </div>
  );
}

function RunsBody({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [filter, setFilter] = useState<StateFilter>("all");
  const [sorting, setSorting] = useState<Sorting>({ key: "number", descending: true });
  const [doomed, setDoomed] = useState<Run | null>(null);
  const shown = sortRuns(filterRuns(runs, text, filter), sorting);
  const sort = (key: SortKey): void =>
    setSorting((old) => ({ key, descending: old.key === key ? !old.descending : key === "number" || key === "best" }));
  return (
    <>
      <Group mb="sm" gap="sm">
        <TextInput
          aria-label={t("Find runs")}
          placeholder={t("Name, data set, optimizer …")}
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
      </Group>
      <div className="nw-card">
        {shown.length === 0 ? (
          <Text c="dimmed" ta="center" py="xl">
            {t("No run fits these words.")}
          </Text>
        ) : (
          <RunsTable runs={shown} sorting={sorting} onSort={sort} onDelete={setDoomed} />
        )}
      </div>
      <DeleteDialog run={doomed} onClose={() => setDoomed(null)} />
    </>
  );
}

function DeleteDialog({ run, onClose }: { run: Run | null; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useDeleteRun();
  return (
    <Modal opened={run !== null} onClose={onClose} title={t("Delete this run?")}>
      <Text size="sm">
        {t("Curves, log and checkpoints of {{run}} go for good. A model it made stays.", { run: run ? runTitle(run) : "" })}
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          {t("Keep it")}
        </Button>
        <Button
          color="red"
          loading={remove.isPending}
          onClick={() => {
            if (run) remove.mutate(run.id, { onSettled: onClose });
          }}
        >
          {t("Delete")}
        </Button>
      </Group>
    </Modal>
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
