import { Button, Group, NumberInput, Select } from "@mantine/core";

import type { Cell, ColumnStats, DatasetField } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import classes from "../models.module.css";
import { rangeText, typicalRow } from "./row";

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
            hint={rangeText(statsOf.get(field.name))}
            cell={row[place] ?? null}
            onChange={(cell) => set(place, cell)}
          />
        ))}
      </form>
    </div>
  );
}

interface FieldProps {
  field: DatasetField;
  hint: string | null;
  cell: Cell;
  onChange: (cell: Cell) => void;
}

function RowField({ field, hint, cell, onChange }: FieldProps) {
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
  return (
    <NumberInput
      size="xs"
      label={field.name}
      description={hint}
      hideControls
      value={cell ?? ""}
      onChange={(next) => onChange(next === "" ? null : Number(next))}
    />
  );
}
