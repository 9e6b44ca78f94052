import type { Cell, ColumnStats, DatasetField, DatasetInput, Nested } from "@/api/types";
import { t } from "@/i18n";
import { formatMetric, toNumber } from "@/shared/format";

/** The raw columns of a table; without a description they are numbers. */
export function fieldsOf(input: DatasetInput): DatasetField[] {
  if (input.fields) return input.fields;
  const names = input.columns ?? Array.from({ length: input.shape[0] ?? 0 }, (_, place) => t("Column {{number}}", { number: place + 1 }));
  return names.map((name) => ({ name, kind: "number", categories: [], fill: null }));
}

/** A sample as a row of cells, one per field; what it lacks is left empty. */
export function rowOf(sample: Nested, fields: readonly DatasetField[]): Cell[] {
  const cells = Array.isArray(sample) ? sample : [];
  return fields.map((field, place) => {
    const cell = cells[place];
    if (cell === undefined || Array.isArray(cell)) return field.kind === "category" ? (field.categories[0] ?? "") : 0;
    return typeof cell === "number" ? tidy(cell) : cell;
  });
}

/** 7.699999809265137 is what 7.7 became as float32. */
const tidy = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(7)));

/** The row in the middle of the data: means, and the first category. */
export function typicalRow(fields: readonly DatasetField[], stats: readonly ColumnStats[]): Cell[] {
  const means = new Map(stats.map((column) => [column.name, toNumber(column.mean)]));
  return fields.map((field) => {
    if (field.kind === "category") return field.categories[0] ?? "";
    return Number((means.get(field.name) ?? field.fill ?? 0).toPrecision(4));
  });
}

/** "4.3 to 7.9" under a field. */
export function rangeText(stats: ColumnStats | undefined): string | null {
  return stats ? t("{{least}} to {{most}}", { least: formatMetric(stats.min), most: formatMetric(stats.max) }) : null;
}

/** A row can be asked about once every cell that needs a value has one. */
export function isComplete(row: readonly Cell[], fields: readonly DatasetField[]): boolean {
  return fields.every((field, place) => {
    const cell = row[place];
    return cell !== undefined && cell !== "" && (cell !== null || field.fill !== null);
  });
}
