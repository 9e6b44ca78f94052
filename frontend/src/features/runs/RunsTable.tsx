import { ActionIcon, Progress, Table, Text } from "@mantine/core";
import { ChevronDown, ChevronUp, Trash2 } from "lucide-react";
import { Link } from "wouter";

import type { Run } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { DatasetTitle } from "@/shared/DatasetTitle";
import { formatAge, formatDuration, formatMetric } from "@/shared/format";
import { runTitle } from "@/shared/runTitle";

import { percentOf, secondsOf } from "./facts";
import { isOver } from "./moves";
import classes from "./runs.module.css";
import { StateBadge } from "./StateBadge";
import { bestText, lossOf, type SortKey, type Sorting } from "./table";

const columns: { key: SortKey; title: Message }[] = [
  { key: "number", title: msg("Run") },
  { key: "dataset", title: msg("Data set") },
  { key: "state", title: msg("State") },
  { key: "best", title: msg("Best") },
  { key: "loss", title: msg("Last loss") },
  { key: "duration", title: msg("Time") },
];

interface Props {
  runs: readonly Run[];
  sorting: Sorting;
  onSort: (key: SortKey) => void;
  onDelete: (run: Run) => void;
}

export function RunsTable({ runs, sorting, onSort, onDelete }: Props) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={860} type="native">
      <Table className={classes["table"] ?? ""} verticalSpacing="sm" highlightOnHover aria-label={t("Runs")}>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ key, title }) => (
              <HeadCell key={key} title={t(title)} active={sorting.key === key} sorting={sorting} onSort={() => onSort(key)} />
            ))}
            <Table.Th>
              <span className="nw-hidden">{t("Actions")}</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <RunRow key={run.id} run={run} onDelete={() => onDelete(run)} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface HeadProps {
  title: string;
  active: boolean;
  sorting: Sorting;
  onSort: () => void;
}

function HeadCell({ title, active, sorting, onSort }: HeadProps) {
  const Icon = sorting.descending ? ChevronDown : ChevronUp;
  return (
    <Table.Th aria-sort={active ? (sorting.descending ? "descending" : "ascending") : "none"}>
      <button type="button" className={classes["sort"]} onClick={onSort}>
        {title}
        {active ? <Icon size={14} aria-hidden /> : null}
      </button>
    </Table.Th>
  );
}

function RunRow({ run, onDelete }: { run: Run; onDelete: () => void }) {
  const { t } = useTranslation();
  const loss = lossOf(run);
  const took = secondsOf(run);
  return (
    <Table.Tr>
      <Table.Td>
        <Link href={`/runs/${run.id}`} className={classes["name"] ?? ""}>
          {runTitle(run)}
        </Link>
        <Text size="xs" c="dimmed">
          {[run.graph.name, formatAge(run.created_at)].filter(Boolean).join(" · ")}
        </Text>
      </Table.Td>
      <Table.Td>
        <DatasetTitle id={run.dataset} />
      </Table.Td>
      <Table.Td>
        <StateBadge state={run.state} />
        {isOver(run.state) ? null : <RowProgress run={run} />}
      </Table.Td>
      <Table.Td>{bestText(run)}</Table.Td>
      <Table.Td>{loss === null ? "–" : formatMetric(loss)}</Table.Td>
      <Table.Td>{took === null ? "–" : formatDuration(took)}</Table.Td>
      <Table.Td>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t("Delete {{name}}", { name: runTitle(run) })}
          disabled={!isOver(run.state)}
          title={isOver(run.state) ? t("Delete") : t("Stop the run before deleting it")}
          onClick={onDelete}
        >
          <Trash2 size={16} />
        </ActionIcon>
      </Table.Td>
    </Table.Tr>
  );
}

function RowProgress({ run }: { run: Run }) {
  const { t } = useTranslation();
  const percent = percentOf({
    step: run.step,
    stepsTotal: run.steps_total,
    epoch: run.epoch,
    epochs: run.epochs,
    samplesPerSecond: null,
    secondsLeft: null,
    memoryBytes: null,
  });
  return <Progress value={percent} size={4} mt={6} maw={140} aria-label={t("{{percent}} % done", { percent: Math.round(percent) })} />;
}
