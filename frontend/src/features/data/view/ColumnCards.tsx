import { Button, Text } from "@mantine/core";
import { Calendar, Hash, Tag, Type } from "lucide-react";
import { useState } from "react";

import type { SampleFilter } from "@/api/datasets";
import type { ColumnBin, ColumnView, DatasetColumns } from "@/api/types";
import { type Message, msg, type Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";

import classes from "../data.module.css";
import { filterOf } from "./filter";

const SHOWN = 24;
const icons = { number: Hash, category: Tag, date: Calendar, text: Type };
const kinds: Record<ColumnView["kind"], Message> = {
  number: msg("Number"),
  category: msg("Category"),
  date: msg("Date"),
  text: msg("Text"),
};

interface Props {
  columns: DatasetColumns;
  filter: SampleFilter;
  onFilter: (part: SampleFilter) => void;
}

/** Each column as a histogram, its bars in the colours of the classes; a bar shows its rows. */
export function ColumnCards({ columns, filter, onFilter }: Props) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const shown = all ? columns.columns : columns.columns.slice(0, SHOWN);
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Columns")}>
      <h2>{t("Columns")}</h2>
      {columns.classes ? <Legend names={columns.classes} /> : null}
      <ul className={classes["columnCards"]} aria-label={t("Column statistics")}>
        {shown.map((column) => (
          <ColumnCard key={column.name} column={column} names={columns.classes ?? null} filter={filter} onFilter={onFilter} />
        ))}
      </ul>
      {columns.columns.length > SHOWN ? (
        <Button size="xs" variant="default" mt="sm" onClick={() => setAll(!all)}>
          {all ? t("Show fewer") : t("Show all {{columns}} columns", { columns: columns.columns.length })}
        </Button>
      ) : null}
    </section>
  );
}

function Legend({ names }: { names: readonly string[] }) {
  return (
    <p className={classes["legend"]}>
      {names.map((name, place) => (
        <span key={name}>
          <i data-class={place} aria-hidden />
          {name}
        </span>
      ))}
    </p>
  );
}

interface CardProps {
  column: ColumnView;
  names: readonly string[] | null;
  filter: SampleFilter;
  onFilter: (part: SampleFilter) => void;
}

function ColumnCard({ column, names, filter, onFilter }: CardProps) {
  const { t } = useTranslation();
  const Icon = icons[column.kind];
  return (
    <li className={classes["columnCard"]}>
      <h3 title={column.name}>
        <Icon size={13} aria-label={t(kinds[column.kind])} role="img" />
        {column.name}
      </h3>
      {column.bins.length > 0 ? <Bars {...{ column, names, filter, onFilter }} /> : <Examples column={column} />}
      <p>{summaryOf(column, t)}</p>
      {column.missing > 0 ? (
        <button
          type="button"
          className={classes["missing"]}
          aria-pressed={filter.column === column.name && filter.missing === true}
          onClick={() => onFilter({ column: column.name, missing: true })}
        >
          {t("{{missing}} missing ({{percent}} %)", {
            missing: formatNumber(column.missing),
            percent: formatMetric((100 * column.missing) / Math.max(1, column.rows)),
          })}
        </button>
      ) : null}
    </li>
  );
}

function Bars({ column, names, filter, onFilter }: CardProps) {
  const { t } = useTranslation();
  const { bins } = column;
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  return (
    <div className={classes["histogram"]} role="group" aria-label={t("Histogram of {{column}}", { column: column.name })}>
      {bins.map((bin, place) => (
        <button
          key={place}
          type="button"
          // one stop for each bar would be hundreds: the keyboard filters by "By a column"
          tabIndex={-1}
          title={binText(bin, names)}
          aria-label={binText(bin, null)}
          aria-pressed={isChosen(filter, column, bin)}
          onClick={() => onFilter(filterOf(column, bin))}
        >
          <span style={{ height: `${(100 * bin.count) / most}%` }} data-empty={bin.count === 0}>
            {bin.classes ? (
              bin.classes.map((count, number) =>
                count > 0 ? <i key={number} data-class={number} style={{ flexGrow: count }} /> : null,
              )
            ) : (
              <i data-class="none" style={{ flexGrow: 1 }} />
            )}
          </span>
        </button>
      ))}
    </div>
  );
}

function isChosen(filter: SampleFilter, column: ColumnView, bin: ColumnBin): boolean {
  if (filter.column !== column.name || filter.missing) return false;
  return column.kind === "category" ? filter.equals === bin.name : filter.low === bin.low && filter.high === bin.high;
}

function Examples({ column }: { column: ColumnView }) {
  return (
    <ul className={classes["examples"]}>
      {column.examples.map((text) => (
        <li key={text}>
          <Text size="xs" truncate>
            {text}
          </Text>
        </li>
      ))}
    </ul>
  );
}

function binText(bin: ColumnBin, names: readonly string[] | null): string {
  const place = bin.name ?? `${formatMetric(bin.low ?? 0)} … ${formatMetric(bin.high ?? 0)}`;
  const parts = names && bin.classes ? bin.classes.flatMap((count, number) => (count > 0 ? [`${names[number] ?? ""} ${formatNumber(count)}`] : [])) : [];
  return [`${place}: ${formatNumber(bin.count)}`, ...parts].join("\n");
}

function summaryOf(column: ColumnView, t: Translate): string {
  const { bins } = column;
  const first = bins[0];
  const last = bins[bins.length - 1];
  if (column.kind === "number" && column.min !== null && column.max !== null)
    return t("{{low}} … {{high}} · mean {{mean}} ± {{deviation}}", {
      low: formatMetric(column.min),
      high: formatMetric(column.max),
      mean: formatMetric(column.mean ?? 0),
      deviation: formatMetric(column.std ?? 0),
    });
  if (column.kind === "date" && first && last) return `${first.name ?? ""} … ${last.name ?? ""}`;
  if (column.kind === "text") return "";
  return t("{{count}} categories", { count: column.distinct ?? 0 });
}
