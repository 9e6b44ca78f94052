import { Button, Group, NumberInput, Select, TextInput } from "@mantine/core";
import { useState } from "react";

import type { Cell, ColumnStats, DatasetField } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import classes from "../models.module.css";
import { isFarOut, rangeText, readLine, typicalRow } from "./row";

interface Props {
  fields: readonly DatasetField[];
  stats: readonly ColumnStats[];
  row: readonly Cell[];
  /** How many test samples there are to draw from; 0 when the data set is gone. */
  testSamples: number;
  onRow: (row: Cell[]) => void;
  onSample: (index: number) => void;
}

/** A form with one field per column. */
export function RowForm({ fields, stats, row, testSamples, onRow, onSample }: Props) {
  const { t } = useTranslation();
  const statsOf = new Map(stats.map((column) => [column.name, column]));
  const set = (place: number, cell: Cell): void => onRow(row.map((old, other) => (other === place ? cell : old)));
  return (
    <div>
      <Group gap="xs" mb="sm">
        {testSamples > 0 ? (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => onSample(Math.floor(Math.random() * testSamples))}
          >
            {t("Some test sample")}
          </Button>
        ) : null}
        {stats.length > 0 ? (
          <Button size="compact-xs" variant="default" onClick={() => onRow(typicalRow(fields, stats))}>
            {t("Typical values")}
          </Button>
        ) : null}
      </Group>
      <form className={classes["fields"]} aria-label={t("Row")} onSubmit={(event) => event.preventDefault()}>
        {fields.map((field, place) => (
          <RowField
            key={field.name}
            field={field}
            stats={statsOf.get(field.name)}
            cell={row[place] ?? null}
            onChange={(cell) => set(place, cell)}
          />
        ))}
      </form>
      <CsvLine fields={fields} onRow={onRow} />
    </div>
  );
}

interface FieldProps {
  field: DatasetField;
  stats: ColumnStats | undefined;
  cell: Cell;
  onChange: (cell: Cell) => void;
}

/** A whole row at once, as it stands in a file. */
function CsvLine({ fields, onRow }: { fields: readonly DatasetField[]; onRow: (row: Cell[]) => void }) {
  const { t } = useTranslation();
  const [line, setLine] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const read = (text: string): void => {
    setLine(text);
    if (text.trim() === "") {
      setProblem(null);
      return;
    }
    const found = readLine(text, fields);
    setProblem("problem" in found ? found.problem : null);
    if ("row" in found) onRow(found.row);
  };
  return (
    <TextInput
      size="xs"
      mt="sm"
      label={t("Or a line of CSV")}
      placeholder={fields.map(({ name }) => name).join(",")}
      value={line}
      error={problem}
      maxLength={20_000}
      onChange={(event) => read(event.currentTarget.value)}
    />
  );
}

function RowField({ field, stats, cell, onChange }: FieldProps) {
  const { t } = useTranslation();
  const far = isFarOut(cell, stats);
  if (field.kind === "category")
    return (
      <Select
        size="xs"
        label={field.name}
        data={field.categories}
        allowDeselect={false}
        value={cell === null ? null : String(cell)}
        onChange={onChange}
      />
    );
  if (field.kind === "date" || field.kind === "text")
    return (
      <TextInput
        size="xs"
        label={field.name}
        description={field.kind === "date" ? t("A date such as 2026-01-31") : null}
        value={cell === null ? "" : String(cell)}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  return (
    <NumberInput
      size="xs"
      label={field.name}
      description={far ? <span style={{ color: "var(--nw-warn)" }}>{t("{{range}} in the data", { range: rangeText(stats) ?? "" })}</span> : rangeText(stats)}
      hideControls
      value={cell ?? ""}
      onChange={(next) => onChange(next === "" ? null : Number(next))}
    />
  );
}
