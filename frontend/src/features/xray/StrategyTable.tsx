import { Table } from "@mantine/core";

import type { StrategyName, StrategyView } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatBytes, formatFlops } from "@/shared/format";

import { formatSeconds } from "./format";
import { strategyTexts } from "./stories";
import classes from "./xray.module.css";

interface Props {
  rows: readonly StrategyView[];
  chosen: StrategyName;
  onChoose: (name: StrategyName) => void;
}

export const strategyNames: readonly StrategyName[] = ["fast", "balanced", "low_memory", "debug"];

/** The same network under every strategy, side by side; the best of a column is bold. */
export function StrategyTable({ rows, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const least = (pick: (row: StrategyView) => number): number => Math.min(...rows.map(pick));
  const peak = least((row) => row.peak_bytes);
  const seconds = least((row) => row.seconds);
  const most = Math.max(1, ...rows.map((row) => row.peak_bytes));
  return (
    <Table.ScrollContainer minWidth={620}>
      <Table fz="xs" verticalSpacing={5} className="nw-numbers" aria-label={t("The network under every strategy")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("Strategy")}</Table.Th>
            <Table.Th>{t("Peak of memory")}</Table.Th>
            <Table.Th>{t("Arena")}</Table.Th>
            <Table.Th>{t("Predicted time")}</Table.Th>
            <Table.Th>{t("Steps")}</Table.Th>
            <Table.Th>{t("Calls")}</Table.Th>
            <Table.Th>{t("Fused")}</Table.Th>
            <Table.Th>{t("Computed again")}</Table.Th>
            <Table.Th>{t("Operations")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => {
            const name = strategyNames.find((one) => one === row.name);
            if (!name) return null;
            return (
              <Table.Tr key={name} data-chosen={name === chosen || undefined} className={classes["strategy"] ?? ""}>
                <Table.Td>
                  <button type="button" aria-pressed={name === chosen} onClick={() => onChoose(name)} title={t(strategyTexts[name])}>
                    {name}
                  </button>
                </Table.Td>
                <Table.Td fw={row.peak_bytes === peak ? 700 : 400}>
                  {formatBytes(row.peak_bytes)}
                  <i style={{ width: `${(100 * row.peak_bytes) / most}%` }} />
                </Table.Td>
                <Table.Td>{formatBytes(row.arena_bytes)}</Table.Td>
                <Table.Td fw={row.seconds === seconds ? 700 : 400}>{formatSeconds(row.seconds)}</Table.Td>
                <Table.Td>{row.steps}</Table.Td>
                <Table.Td>{row.calls}</Table.Td>
                <Table.Td>{row.fused}</Table.Td>
                <Table.Td>{row.again}</Table.Td>
                <Table.Td>{formatFlops(row.flops)}</Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
