import { ActionIcon, Badge, Checkbox, Progress, Table, Text } from "@mantine/core";
import { ChevronDown, ChevronRight, ChevronUp, Trash2 } from "lucide-react";
import { Link } from "wouter";

import type { RunSummary } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { DatasetTitle } from "@/shared/DatasetTitle";
import { formatAge } from "@/shared/format";
import { runTitle } from "@/shared/runTitle";
import { useRowWindow } from "@/shared/useRowWindow";

import type { Column } from "./columns";
import { percentOf } from "./facts";
import { isOver } from "./moves";
import classes from "./runs.module.css";
import { atWork, bestOf, type Row } from "./rows";
import { StateBadge } from "./StateBadge";
import { bestText, type Sorting } from "./table";

/** As high as the style sheet makes a row: only the rows in sight are drawn. */
const ROW_HEIGHT = 58;
const TAGS_SHOWN = 3;

interface Props {
  /** All runs that are shown, also within sweeps that are folded. */
  runs: readonly RunSummary[];
  rows: readonly Row[];
  columns: readonly Column[];
  sorting: Sorting;
  picked: ReadonlySet<string>;
  sweepNames: ReadonlyMap<string, string>;
  onSort: (column: Column) => void;
  onPick: (ids: readonly string[], picked: boolean) => void;
  onDelete: (run: RunSummary) => void;
  onToggle: (sweep: string) => void;
}

export function RunsTable({ runs, rows, columns, sorting, picked, sweepNames, onSort, onPick, onDelete, onToggle }: Props) {
  const { t } = useTranslation();
  const { scroller, first, last, above, below } = useRowWindow(rows.length, ROW_HEIGHT);
  const among = runs.filter((run) => picked.has(run.id)).length;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
    <div ref={scroller} className={classes["rows"]} role="region" aria-label={t("Runs")} tabIndex={0}>
      <Table className={classes["table"] ?? ""} highlightOnHover stickyHeader aria-label={t("Runs")} aria-rowcount={rows.length + 1}>
        <Table.Thead>
          <Table.Tr aria-rowindex={1}>
            <Table.Th w={44}>
              <Checkbox
                size="xs"
                aria-label={t("Choose all runs shown")}
                checked={among > 0 && among === runs.length}
                indeterminate={among > 0 && among < runs.length}
                onChange={(event) => onPick(runs.map((run) => run.id), event.currentTarget.checked)}
              />
            </Table.Th>
            {columns.map((column) => (
              <HeadCell key={column.id} column={column} sorting={sorting} onSort={() => onSort(column)} />
            ))}
            <Table.Th w={52}>
              <span className="nw-hidden">{t("Actions")}</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {above > 0 ? <Gap height={above} columns={columns.length + 2} /> : null}
          {rows.slice(first, last).map((row, place) =>
            row.kind === "sweep" ? (
              <SweepRow
                key={row.id}
                row={row}
                name={sweepNames.get(row.id) ?? t("Sweep")}
                index={first + place + 2}
                columns={columns.length}
                picked={picked}
                onPick={onPick}
                onToggle={() => onToggle(row.id)}
              />
            ) : (
              <RunRow
                key={row.run.id}
                run={row.run}
                inside={row.inside}
                index={first + place + 2}
                columns={columns}
                picked={picked.has(row.run.id)}
                onPick={(chosen) => onPick([row.run.id], chosen)}
                onDelete={() => onDelete(row.run)}
              />
            ),
          )}
          {below > 0 ? <Gap height={below} columns={columns.length + 2} /> : null}
        </Table.Tbody>
      </Table>
    </div>
  );
}

/** Room for rows that are out of sight. */
function Gap({ height, columns }: { height: number; columns: number }) {
  return (
    <tr aria-hidden style={{ height }}>
      <td colSpan={columns} />
    </tr>
  );
}

function HeadCell({ column, sorting, onSort }: { column: Column; sorting: Sorting; onSort: () => void }) {
  const active = sorting.key === column.id;
  const Icon = sorting.descending ? ChevronDown : ChevronUp;
  return (
    <Table.Th aria-sort={active ? (sorting.descending ? "descending" : "ascending") : "none"}>
      <button type="button" className={classes["sort"]} onClick={onSort}>
        {column.title}
        {active ? <Icon size={14} aria-hidden /> : null}
      </button>
    </Table.Th>
  );
}

interface SweepRowProps {
  row: Extract<Row, { kind: "sweep" }>;
  name: string;
  index: number;
  columns: number;
  picked: ReadonlySet<string>;
  onPick: (ids: readonly string[], picked: boolean) => void;
  onToggle: () => void;
}

/** One line for all runs of a sweep; they unfold below it. */
function SweepRow({ row, name, index, columns, picked, onPick, onToggle }: SweepRowProps) {
  const { t } = useTranslation();
  const ids = row.runs.map((run) => run.id);
  const among = ids.filter((id) => picked.has(id)).length;
  const busy = atWork(row.runs);
  const best = bestOf(row.runs);
  const Icon = row.open ? ChevronDown : ChevronRight;
  return (
    <Table.Tr className={classes["row"] ?? ""} aria-rowindex={index}>
      <Table.Td>
        <Checkbox
          size="xs"
          aria-label={t("Choose the runs of {{name}}", { name })}
          checked={among > 0 && among === ids.length}
          indeterminate={among > 0 && among < ids.length}
          onChange={(event) => onPick(ids, event.currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td colSpan={columns + 1}>
        <div className={classes["sweep"]}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-expanded={row.open}
            aria-label={row.open ? t("Fold the runs of {{name}}", { name }) : t("Unfold the runs of {{name}}", { name })}
            onClick={onToggle}
          >
            <Icon size={16} aria-hidden />
          </ActionIcon>
          <Link href={`/sweeps/${row.id}`} className={classes["name"] ?? ""}>
            {name}
          </Link>
          <Text size="xs" c="dimmed">
            {[
              t("{{count}} runs", { count: ids.length }),
              ...(busy > 0 ? [t("{{busy}} at work", { busy })] : []),
              ...(best ? [t("best: {{best}}", { best: bestText(best) })] : []),
            ].join(" · ")}
          </Text>
        </div>
      </Table.Td>
    </Table.Tr>
  );
}

interface RowProps {
  run: RunSummary;
  /** It stands below its sweep. */
  inside: boolean;
  index: number;
  columns: readonly Column[];
  picked: boolean;
  onPick: (picked: boolean) => void;
  onDelete: () => void;
}

function RunRow({ run, inside, index, columns, picked, onPick, onDelete }: RowProps) {
  const { t } = useTranslation();
  const name = runTitle(run);
  return (
    <Table.Tr className={classes["row"] ?? ""} aria-rowindex={index} aria-selected={picked} data-inside={inside || undefined}>
      <Table.Td>
        <Checkbox size="xs" aria-label={t("Choose {{name}}", { name })} checked={picked} onChange={(event) => onPick(event.currentTarget.checked)} />
      </Table.Td>
      {columns.map((column) => (
        <Table.Td key={column.id}>
          <Cell run={run} column={column} />
        </Table.Td>
      ))}
      <Table.Td>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t("Delete {{name}}", { name })}
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

function Cell({ run, column }: { run: RunSummary; column: Column }) {
  if (column.id === "number") return <NameCell run={run} />;
  if (column.id === "dataset") return <DatasetTitle id={run.dataset} />;
  if (column.id === "sweep") return <SweepCell run={run} text={column.text(run)} />;
  if (column.id === "tags") return <TagList tags={run.tags} />;
  if (column.id === "state") {
    return (
      <>
        <StateBadge state={run.state} trial={run.sweep} />
        {isOver(run.state) ? null : <RowProgress run={run} />}
      </>
    );
  }
  return <span className={classes["cell"]}>{column.text(run)}</span>;
}

function NameCell({ run }: { run: RunSummary }) {
  useTranslation();
  return (
    <div className={classes["cell"]}>
      <Link href={`/runs/${run.id}`} className={classes["name"] ?? ""}>
        {runTitle(run)}
      </Link>
      <Text size="xs" c="dimmed" truncate>
        {[run.graph_name, formatAge(run.created_at)].filter(Boolean).join(" · ")}
      </Text>
    </div>
  );
}

function SweepCell({ run, text }: { run: RunSummary; text: string }) {
  return run.sweep ? (
    <Link href={`/sweeps/${run.sweep.id}`} className={classes["name"] ?? ""}>
      {text}
    </Link>
  ) : (
    <span className={classes["cell"]}>{text}</span>
  );
}

/** The first tags; the others are counted, and all of them are in the title. */
export function TagList({ tags }: { tags: readonly string[] }) {
  return (
    <span className={classes["tags"]} title={tags.join(", ")}>
      {tags.slice(0, TAGS_SHOWN).map((tag) => (
        <Badge key={tag} size="sm" variant="default" tt="none" fw={500}>
          {tag}
        </Badge>
      ))}
      {tags.length > TAGS_SHOWN ? <span>{`+${tags.length - TAGS_SHOWN}`}</span> : null}
    </span>
  );
}

function RowProgress({ run }: { run: RunSummary }) {
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
