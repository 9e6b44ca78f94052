import { Table } from "@mantine/core";

import type { ColumnStats } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric, toNumber } from "@/shared/format";

import classes from "./data.module.css";

/** What scrolls can be reached by the keyboard. */
const scrolls = { tabIndex: 0 };

/** The range, middle and gaps of each column of numbers. */
export function ColumnTable({ stats }: { stats: readonly ColumnStats[] }) {
  const { t } = useTranslation();
  const gaps = stats.some((column) => column.missing > 0);
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Columns")}>
      <h2>{t("Columns")}</h2>
      <Table.ScrollContainer type="native" {...scrolls} minWidth={300} maxHeight={420}>
        <Table fz="xs" verticalSpacing={4} aria-label={t("Column statistics")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("Name")}</Table.Th>
              <Table.Th>{t("Range")}</Table.Th>
              <Table.Th>{t("Mean ± sd")}</Table.Th>
              {gaps ? <Table.Th>{t("Missing")}</Table.Th> : null}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {stats.map((column) => (
              <Table.Tr key={column.name}>
                <Table.Td>{column.name}</Table.Td>
                <Table.Td className={classes["cell"] ?? ""}>
                  {short(column.min)} – {short(column.max)}
                </Table.Td>
                <Table.Td className={classes["cell"] ?? ""}>
                  {short(column.mean)} ± {short(column.std)}
                </Table.Td>
                {gaps ? <Table.Td>{column.missing}</Table.Td> : null}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  );
}

/** Three digits are enough in a table; what rounds to nothing is 0. */
function short(value: ColumnStats["min"]): string {
  const number = toNumber(value);
  if (Math.abs(number) < 1e-9) return "0";
  return formatMetric(Number.isFinite(number) ? Number(number.toPrecision(3)) : value);
}
