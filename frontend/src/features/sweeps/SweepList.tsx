import { Progress, Table, Text } from "@mantine/core";
import { Link } from "wouter";

import type { SweepBrief } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { DatasetTitle } from "@/shared/DatasetTitle";
import { formatAge } from "@/shared/format";
import { keyTitle } from "@/shared/metric";

import { SweepBadge } from "./Badges";
import { progressOf } from "./facts";
import classes from "./sweeps.module.css";

/** What scrolls can be reached by the keyboard. */
const scrolls = { tabIndex: 0 };

/** Sweeps in a table, the newest first. */
export function SweepList({ sweeps }: { sweeps: readonly SweepBrief[] }) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer type="native" className="nw-card" minWidth={640} {...scrolls}>
      <Table aria-label={t("Sweeps")} highlightOnHover className={classes["table"] ?? ""}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("Sweep")}</Table.Th>
            <Table.Th>{t("Data set")}</Table.Th>
            <Table.Th>{t("State")}</Table.Th>
            <Table.Th>{t("Trials")}</Table.Th>
            <Table.Th>{t("What decides")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sweeps.map((sweep) => (
            <SweepRow key={sweep.id} sweep={sweep} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function SweepRow({ sweep }: { sweep: SweepBrief }) {
  const { t } = useTranslation();
  const { over, all, percent } = progressOf(sweep.counts);
  return (
    <Table.Tr>
      <Table.Td>
        <Link href={`/sweeps/${sweep.id}`} className={classes["name"] ?? ""}>
          {sweep.name}
        </Link>
        <Text size="xs" c="dimmed">
          {formatAge(sweep.created_at)}
        </Text>
      </Table.Td>
      <Table.Td>
        <DatasetTitle id={sweep.dataset} />
      </Table.Td>
      <Table.Td>
        <SweepBadge state={sweep.state} />
      </Table.Td>
      <Table.Td>
        {t("{{done}} of {{all}}", { done: over, all })}
        <Progress value={percent} size={4} mt={4} maw={120} aria-label={t("{{percent}} % done", { percent: Math.round(percent) })} />
      </Table.Td>
      <Table.Td>{keyTitle(sweep.metric)}</Table.Td>
    </Table.Tr>
  );
}
