import type { SampleFilter } from "@/api/datasets";
import type { ColumnBin, ColumnView } from "@/api/types";
import type { Translate } from "@/i18n";
import { formatMetric } from "@/shared/format";

/** The filter that a bar of a column's picture stands for. */
export function filterOf(column: ColumnView, bin: ColumnBin): SampleFilter {
  if (column.kind === "category") return { column: column.name, equals: bin.name ?? "" };
  return { column: column.name, low: bin.low ?? undefined, high: bin.high ?? undefined };
}

/** What a column's part of a filter asks for, in words. */
export function columnText(filter: SampleFilter, t: Translate): string | null {
  const { column } = filter;
  if (column === undefined) return null;
  if (filter.missing) return t("{{column}} is missing", { column });
  if (filter.equals !== undefined) return t("{{column}} is {{value}}", { column, value: filter.equals });
  const low = filter.low === undefined ? "−∞" : formatMetric(filter.low);
  const high = filter.high === undefined ? "∞" : formatMetric(filter.high);
  return t("{{column}} from {{low}} to {{high}}", { column, low, high });
}

/** Another column's part, the rest as it is; the same again takes it away. */
export function toggle(filter: SampleFilter, part: SampleFilter): SampleFilter {
  const { label, text, ...before } = filter;
  const kept: SampleFilter = { ...(label === undefined ? {} : { label }), ...(text === undefined ? {} : { text }) };
  return JSON.stringify(before) === JSON.stringify(part) ? kept : { ...kept, ...part };
}
