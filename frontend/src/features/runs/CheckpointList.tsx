import { Table, Text } from "@mantine/core";

import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatAge, formatBytes } from "@/shared/format";

import type { RunSnapshot } from "./history";

/** The checkpoints a run wrote, newest first. */
export function CheckpointList({ checkpoints }: { checkpoints: RunSnapshot["checkpoints"] }) {
  const { t } = useTranslation();
  if (checkpoints.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t("No checkpoint yet. One is written at the interval of the settings, when training pauses, and at its end.")}
      </Text>
    );
  return (
    <Table aria-label={t("Checkpoints")} className="nw-numbers" maw={640}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("Step")}</Table.Th>
          <Table.Th>{t("Epoch")}</Table.Th>
          <Table.Th>{t("Size")}</Table.Th>
          <Table.Th>{t("Written")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {[...checkpoints].reverse().map((checkpoint) => (
          <Table.Tr key={`${checkpoint.step}-${checkpoint.time}`}>
            <Table.Td>{formatNumber(checkpoint.step)}</Table.Td>
            <Table.Td>{Number(checkpoint.epoch.toFixed(2))}</Table.Td>
            <Table.Td>{formatBytes(checkpoint.bytes)}</Table.Td>
            <Table.Td>{formatAge(checkpoint.time)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
