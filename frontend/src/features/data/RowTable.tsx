import { Table } from "@mantine/core";

import type { Cell, Label } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";

import classes from "./data.module.css";

interface Props {
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
  labels: readonly Label[];
  /** Null for data without labels. */
  labelName: string | null;
  /** The rows' numbers, as keys. */
  numbers?: readonly number[];
  label?: string;
}

/** What scrolls can be reached by the keyboard. */
const scrolls = { tabIndex: 0 };

/** Rows as they are, the label first so that it stays in sight. */
export function RowTable({ columns, rows, labels, labelName, numbers, label }: Props) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer type="native" {...scrolls} minWidth={Math.max(320, 110 * (columns.length + 1))}>
      <Table aria-label={label ?? t("Rows")} verticalSpacing={5} fz="xs">
        <Table.Thead>
          <Table.Tr>
            {labelName === null ? null : <Table.Th className={classes["label"] ?? ""}>{labelName}</Table.Th>}
            {columns.map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, place) => (
            <Table.Tr key={numbers?.[place] ?? place}>
              {labelName === null ? null : (
                <Table.Td className={classes["label"] ?? ""}>{cellText(labels[place] ?? null)}</Table.Td>
              )}
              {row.map((cell, column) => (
                <Table.Td key={columns[column] ?? column} className={classes["cell"] ?? ""}>
                  {cellText(cell)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** Short numbers as they are, long ones in four digits, what is missing as a dash. */
function cellText(cell: Cell): string {
  if (cell === null) return "–";
  if (typeof cell === "string") return cell;
  const exact = String(cell);
  return exact.length <= 7 ? exact : formatMetric(cell);
}
