import { ActionIcon, Group, Menu, Table, Text, Title } from "@mantine/core";
import { ChevronDown, ChevronUp, EllipsisVertical } from "lucide-react";
import { useMemo, useState } from "react";
import { Link, useLocation } from "wouter";

import type { Sweep, SweepTrial } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatDuration, formatMetric } from "@/shared/format";
import { keyTitle } from "@/shared/metric";
import { notifyDone } from "@/shared/notify";
import { useRowWindow } from "@/shared/useRowWindow";

import { TrialBadge } from "./Badges";
import { pathTitle, reasonText, valueText } from "./names";
import { useApplyTrial } from "./queries";
import classes from "./sweeps.module.css";
import { sortTrials, type TrialSorting } from "./trialOrder";

/** As high as the style sheet makes a row: only the rows in sight are drawn. */
const ROW_HEIGHT = 44;

interface Props {
  sweep: Sweep;
  trials: readonly SweepTrial[];
  /** How many there are without brushes. */
  all: number;
  hovered: number | null;
  onHover: (trial: number | null) => void;
}

/** Every trial with its values and what came of it; the best first until another column is chosen. */
export function TrialTable({ sweep, trials, all, hovered, onHover }: Props) {
  const { t } = useTranslation();
  const [sorting, setSorting] = useState<TrialSorting>({ key: "rank", descending: false });
  const sorted = useMemo(() => sortTrials(trials, sorting, sweep.goal), [trials, sorting, sweep.goal]);
  const { scroller, first, last, above, below } = useRowWindow(sorted.length, ROW_HEIGHT);
  const columns = [
    { key: "number", title: t("Trial") },
    ...sweep.parameters.map(({ path }) => ({ key: path, title: pathTitle(path) })),
    { key: "rank", title: keyTitle(sweep.metric) },
    { key: "epoch", title: t("Epochs") },
    { key: "state", title: t("State") },
    { key: "seconds", title: t("Time") },
  ];
  const width = columns.length + 1;
  return (
    <div>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          {t("Trials")}
        </Title>
        <Text size="xs" c="dimmed">
          {trials.length < all ? t("{{shown}} of {{all}} within the chosen parts", { shown: trials.length, all }) : ""}
        </Text>
      </Group>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls */}
      <div ref={scroller} className={`nw-card ${classes["trials"] ?? ""}`} role="region" aria-label={t("Trials")} tabIndex={0}>
        <Table stickyHeader highlightOnHover aria-label={t("Trials")} aria-rowcount={sorted.length + 1} className={classes["table"] ?? ""}>
          <Table.Thead>
            <Table.Tr aria-rowindex={1}>
              {columns.map((column) => (
                <HeadCell
                  key={column.key}
                  title={column.title}
                  active={sorting.key === column.key}
                  descending={sorting.descending}
                  onSort={() => setSorting((old) => ({ key: column.key, descending: old.key === column.key && !old.descending }))}
                />
              ))}
              <Table.Th w={44}>
                <span className="nw-hidden">{t("Actions")}</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {above > 0 ? <Gap height={above} width={width} /> : null}
            {sorted.slice(first, last).map((trial, place) => (
              <TrialRow
                key={trial.number}
                sweep={sweep}
                trial={trial}
                index={first + place + 2}
                hovered={hovered === trial.number}
                onHover={onHover}
              />
            ))}
            {below > 0 ? <Gap height={below} width={width} /> : null}
          </Table.Tbody>
        </Table>
      </div>
    </div>
  );
}

function Gap({ height, width }: { height: number; width: number }) {
  return (
    <tr aria-hidden style={{ height }}>
      <td colSpan={width} />
    </tr>
  );
}

function HeadCell({ title, active, descending, onSort }: { title: string; active: boolean; descending: boolean; onSort: () => void }) {
  const Icon = descending ? ChevronDown : ChevronUp;
  return (
    <Table.Th aria-sort={active ? (descending ? "descending" : "ascending") : "none"}>
      <button type="button" className={classes["sort"]} onClick={onSort}>
        {title}
        {active ? <Icon size={14} aria-hidden /> : null}
      </button>
    </Table.Th>
  );
}

interface RowProps {
  sweep: Sweep;
  trial: SweepTrial;
  index: number;
  hovered: boolean;
  onHover: (trial: number | null) => void;
}

function TrialRow({ sweep, trial, index, hovered, onHover }: RowProps) {
  const { t } = useTranslation();
  const name = t("Trial {{number}}", { number: trial.number + 1 });
  const reason = reasonText(trial);
  return (
    <Table.Tr
      className={classes["trial"] ?? ""}
      aria-rowindex={index}
      data-hovered={hovered || undefined}
      data-best={trial.number === sweep.best || undefined}
      onPointerEnter={() => onHover(trial.number)}
      onPointerLeave={() => onHover(null)}
    >
      <Table.Td>
        {trial.run === null ? (
          name
        ) : (
          <Link href={`/runs/${trial.run}`} className={classes["name"] ?? ""}>
            {name}
          </Link>
        )}
      </Table.Td>
      {sweep.parameters.map(({ path }) => (
        <Table.Td key={path}>{valueText(trial.values[path])}</Table.Td>
      ))}
      <Table.Td fw={560}>{trial.score === null ? "–" : formatMetric(trial.score)}</Table.Td>
      <Table.Td>{formatMetric(trial.epoch)}</Table.Td>
      <Table.Td>
        <TrialBadge trial={trial} />
        {reason !== null && trial.state !== "running" ? (
          <Text size="xs" c="dimmed" className={classes["reason"] ?? ""} title={reason}>
            {reason}
          </Text>
        ) : null}
      </Table.Td>
      <Table.Td>{trial.seconds > 0 ? formatDuration(trial.seconds) : "–"}</Table.Td>
      <Table.Td>{sweep.project === null ? null : <TrialMenu sweep={sweep} trial={trial} name={name} />}</Table.Td>
    </Table.Tr>
  );
}

function TrialMenu({ sweep, trial, name }: { sweep: Sweep; trial: SweepTrial; name: string }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const apply = useApplyTrial(sweep.id);
  return (
    <Menu position="bottom-end" shadow="md" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t("What to do with {{name}}", { name })}>
          <EllipsisVertical size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {trial.run === null ? null : <Menu.Item onClick={() => navigate(`/runs/${trial.run}`)}>{t("Open its run")}</Menu.Item>}
        <Menu.Item
          disabled={apply.isPending}
          onClick={() =>
            apply.mutate(trial.number, {
              onSuccess: () => notifyDone(t("The project has the values of trial {{number}} now.", { number: trial.number + 1 })),
            })
          }
        >
          {t("Apply to the project")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
