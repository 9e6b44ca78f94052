import { ActionIcon, Badge, Checkbox, Progress, Table, Text } from "@mantine/core";
import { ChevronDown, ChevronUp, Trash2 } from "lucide-react";
import { Link } from "wouter";

import type { Run } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { DatasetTitle } from "@/shared/DatasetTitle";
import { formatAge } from "@/shared/format";
import { runTitle } from "@/shared/runTitle";

import type { Column } from "./columns";
import { percentOf } from "./facts";
import { isOver } from "./moves";
import classes from "./runs.module.css";
import { StateBadge } from "./StateBadge";
import type { Sorting } from "./table";
import { useRowWindow } from "./useRowWindow";

/** As high as the style sheet makes a row: only the rows in sight are drawn. */
const ROW_HEIGHT = 58;
const TAGS_SHOWN = 3;

interface Props {
  runs: readonly Run[];
  columns: readonly Column[];
  sorting: Sorting;
  picked: ReadonlySet<string>;
  onSort: (column: Column) => void;
  onPick: (ids: readonly string[], picked: boolean) => void;
  onDelete: (run: Run) => void;
}

export function RunsTable({ runs, columns, sorting, picked, onSort, onPick, onDelete }: Props) {
  const { t } = useTranslation();
  const { scroller, first, last, above, below } = useRowWindow(runs.length, ROW_HEIGHT);
  const among = runs.filter((run) => picked.has(run.id)).length;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
    <div ref={scroller} className={classes["rows"]} role="region" aria-label={t("Runs")} tabIndex={0}>
      <Table className={classes["table"] ?? ""} highlightOnHover stickyHeader aria-label={t("Runs")} aria-rowcount={runs.length + 1}>
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
          {runs.slice(first, last).map((run, place) => (
            <RunRow
              key={run.id}
              run={run}
              index={first + place + 2}
              columns={columns}
              picked={picked.has(run.id)}
              onPick={(chosen) => onPick([run.id], chosen)}
              onDelete={() => onDelete(run)}
            />
          ))}
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

interface RowProps {
  run: Run;
  index: number;
  columns: readonly Column[];
  picked: boolean;
  onPick: (picked: boolean) => void;
  onDelete: () => void;
}

function RunRow({ run, index, columns, picked, onPick, onDelete }: RowProps) {
  const { t } = useTranslation();
  const name = runTitle(run);
  return (
    <Table.Tr className={classes["row"] ?? ""} aria-rowindex={index} aria-selected={picked}>
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

function Cell({ run, column }: { run: Run; column: Column }) {
  if (column.id === "number") return <NameCell run={run} />;
  if (column.id === "dataset") return <DatasetTitle id={run.dataset} />;
  if (column.id === "tags") return <TagList tags={run.tags} />;
  if (column.id === "state") {
    return (
      <>
        <StateBadge state={run.state} />
        {isOver(run.state) ? null : <RowProgress run={run} />}
      </>
    );
  }
  return <span className={classes["cell"]}>{column.text(run)}</span>;
}

function NameCell({ run }: { run: Run }) {
  useTranslation();
  return (
    <div className={classes["cell"]}>
      <Link href={`/runs/${run.id}`} className={classes["name"] ?? ""}>
        {runTitle(run)}
      </Link>
      <Text size="xs" c="dimmed" truncate>
        {[run.graph.name, formatAge(run.created_at)].filter(Boolean).join(" · ")}
      </Text>
    </div>
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
