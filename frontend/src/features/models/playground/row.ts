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
    if (cell === undefined || Array.isArray(cell)) return emptyCell(field);
    return typeof cell === "number" ? tidy(cell) : cell;
  });
}

/** What stands in a cell of which nothing is known. */
function emptyCell(field: DatasetField): Cell {
  if (field.kind === "category") return field.categories[0] ?? "";
  if (field.kind === "date") return typeof field.fill === "string" ? field.fill : "2000-01-01";
  return field.kind === "text" ? "" : 0;
}

/** 7.699999809265137 is what 7.7 became as float32. */
const tidy = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(7)));

/** The row in the middle of the data: means, and the first category. */
export function typicalRow(fields: readonly DatasetField[], stats: readonly ColumnStats[]): Cell[] {
  const means = new Map(stats.map((column) => [column.name, toNumber(column.mean)]));
  return fields.map((field) => {
    if (field.kind !== "number") return emptyCell(field);
    return Number((means.get(field.name) ?? Number(field.fill ?? 0)).toPrecision(4));
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
    if (field.kind === "text") return cell !== undefined;
    return cell !== undefined && cell !== "" && (cell !== null || field.fill !== null);
  });
}

/** A line of CSV as cells, or what is wrong with it. Quoted cells may hold the separator. */
export function readLine(line: string, fields: readonly DatasetField[]): { row: Cell[] } | { problem: string } {
  const cells = splitLine(line.trim());
  if (cells.length !== fields.length)
    return { problem: t("{{wanted}} values are wanted, the line has {{got}}.", { wanted: fields.length, got: cells.length }) };
  const row: Cell[] = [];
  for (const [place, field] of fields.entries()) {
    const text = cells[place] ?? "";
    if (field.kind === "category") {
      if (!field.categories.includes(text)) return { problem: t("{{column}} has no “{{value}}”.", { column: field.name, value: text }) };
      row.push(text);
    } else if (text === "") row.push(null);
    else if (Number.isFinite(Number(text))) row.push(Number(text));
    else return { problem: t("{{column}} wants a number, not “{{value}}”.", { column: field.name, value: text }) };
  }
  return { row };
}

/** Tabs part cells where there are any, semicolons where there is no comma, else commas. */
function splitLine(line: string): string[] {
  const separator = line.includes("\t") ? "\t" : line.includes(";") && !line.includes(",") ? ";" : ",";
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const letter = line.charAt(at);
    if (letter === '"' && quoted && line.charAt(at + 1) === '"') {
      cell += '"';
      at += 1;
    } else if (letter === '"') quoted = !quoted;
    else if (letter === separator && !quoted) {
      cells.push(cell.trim());
      cell = "";
    } else cell += letter;
  }
  return [...cells, cell.trim()];
}

/** Whether a number lies outside of what the network was trained on. */
export function isFarOut(cell: Cell, stats: ColumnStats | undefined): boolean {
  return typeof cell === "number" && stats !== undefined && (cell < toNumber(stats.min) || cell > toNumber(stats.max));
}
