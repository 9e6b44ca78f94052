import { Text, UnstyledButton } from "@mantine/core";

import type { ClassesQuality } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import classes from "./quality.module.css";

/** Numbers can be read on this much of the colour, in light and dark. */
const MOST_TINT = 70;

export interface Cell {
  actual: number;
  predicted: number;
}

interface Props {
  quality: ClassesQuality;
  chosen: Cell | null;
  onChoose: (cell: Cell) => void;
}

/** How often each class was taken for each; a cell opens its samples. Shades are shares of the row. */
export function Confusion({ quality, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const rows = quality.classes;
  return (
    <div className={classes["matrixScroll"]}>
      <table className={classes["matrix"]}>
        <caption className="nw-hidden">{t("Confusion matrix: rows are what samples are, columns what they were taken for")}</caption>
        <thead>
          <tr>
            <th className={classes["corner"]} scope="col">
              {t("is ↓ taken for →")}
            </th>
            {rows.map((row) => (
              <th key={row.index} scope="col" title={row.label}>
                <span>{row.label}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, r) => (
            <tr key={row.index}>
              <th scope="row" title={row.label}>
                {row.label}
              </th>
              {(quality.matrix[r] ?? []).map((count, c) => {
                const other = rows[c] ?? row;
                const isChosen = chosen?.actual === row.index && chosen.predicted === other.index;
                const share = row.support > 0 ? count / row.support : 0;
                return (
                  <td key={other.index}>
                    <UnstyledButton
                      className={classes["cell"] ?? ""}
                      data-right={r === c || undefined}
                      aria-pressed={isChosen}
                      disabled={count === 0}
                      style={{ "--share": `${Math.round(MOST_TINT * Math.sqrt(share))}%` }}
                      aria-label={t("{{actual}} taken for {{predicted}}: {{amount}}", { actual: row.label, predicted: other.label, amount: count })}
                      onClick={() => onChoose({ actual: row.index, predicted: other.index })}
                    >
                      {count === 0 ? "·" : count}
                    </UnstyledButton>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {quality.of > rows.length ? (
        <Text size="xs" c="dimmed">
          {t("The {{shown}} of {{all}} classes that are mistaken most often.", { shown: rows.length, all: quality.of })}
        </Text>
      ) : null}
    </div>
  );
}
