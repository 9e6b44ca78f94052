import type { RunSummary } from "@/api/types";
import { type Message, msg, type Translate } from "@/i18n";
import { formatDuration, formatMetric, toNumber } from "@/shared/format";
import { isRising, keyTitle } from "@/shared/metric";

import { secondsOf } from "./facts";
import { bestText, lossOf } from "./table";

export type Value = number | string | null;

/** One column that the table of runs can show. */
export interface Column {
  id: string;
  title: string;
  /** What it is listed under where columns are chosen. */
  section: string;
  read: (run: RunSummary) => Value;
  text: (run: RunSummary) => string;
}

export type Statistic = "last" | "best" | "min" | "max";

export const statistics: readonly { name: Statistic; title: Message }[] = [
  { name: "last", title: msg("{{metric}}, last") },
  { name: "best", title: msg("{{metric}}, best") },
  { name: "min", title: msg("{{metric}}, least") },
  { name: "max", title: msg("{{metric}}, greatest") },
];

/** Last, best, least or greatest value of a metric over a whole run; null where there is none. */
export function statisticOf(run: RunSummary, key: string, name: Statistic): number | null {
  if (name === "last") {
    const value = run.metrics[key];
    return value === undefined ? null : toNumber(value);
  }
  const range = run.ranges[key];
  if (!range) return null;
  const top = name === "max" || (name === "best" && isRising(key));
  return top ? range[1] : range[0];
}

const metricText = (value: number | null): string => (value === null ? "–" : formatMetric(value));

/** The columns shown until a person chooses others. */
export const USUAL = ["number", "tags", "dataset", "state", "best", "loss", "duration"];

/** All columns these runs can fill: facts, settings, and four for each of their metrics. */
export function columnsOf(runs: readonly RunSummary[], t: Translate): Column[] {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].sort();
  const metrics = keys.flatMap((key) =>
    statistics.map(({ name, title }): Column => {
      const read = (run: RunSummary): number | null => statisticOf(run, key, name);
      const section = keyTitle(key);
      return { id: `${key}:${name}`, title: t(title, { metric: section }), section, read, text: (run) => metricText(read(run)) };
    }),
  );
  return [...facts(t), ...settings(t), ...metrics];
}

function facts(t: Translate): Column[] {
  const section = t("Run");
  return [
    { id: "number", title: t("Run"), section, read: (run) => run.number, text: (run) => String(run.number) },
    { id: "tags", title: t("Tags"), section, read: (run) => (run.tags.length > 0 ? run.tags.join(" ") : null), text: (run) => run.tags.join(", ") },
    { id: "dataset", title: t("Data set"), section, read: (run) => run.dataset, text: (run) => run.dataset },
    { id: "state", title: t("State"), section, read: (run) => run.state, text: (run) => run.state },
    { id: "best", title: t("Best"), section, read: (run) => (run.best ? toNumber(run.best.value) : null), text: bestText },
    { id: "loss", title: t("Last loss"), section, read: lossOf, text: (run) => metricText(lossOf(run)) },
    { id: "duration", title: t("Time"), section, read: (run) => secondsOf(run), text: (run) => durationText(run) },
    {
      id: "sweep",
      title: t("Sweep"),
      section,
      read: (run) => (run.sweep ? `${run.sweep.id}/${String(run.sweep.trial).padStart(4, "0")}` : null),
      text: (run) => (run.sweep ? t("Trial {{number}}", { number: run.sweep.trial + 1 }) : "–"),
    },
    { id: "notes", title: t("Notes"), section, read: (run) => (run.notes === "" ? null : run.notes), text: (run) => run.notes.split("\n")[0] ?? "" },
  ];
}

function settings(t: Translate): Column[] {
  const section = t("Settings");
  const rate = (run: RunSummary): number | null => {
    const value = run.settings.optimizer_params["learning_rate"];
    return typeof value === "number" ? value : null;
  };
  const plain = (id: string, title: string, read: (run: RunSummary) => Value): Column => ({
    id,
    title,
    section,
    read,
    text: (run) => String(read(run) ?? "–"),
  });
  return [
    plain("optimizer", t("Optimizer"), (run) => run.settings.optimizer),
    plain("learning_rate", t("Learning rate"), rate),
    plain("batch_size", t("Batch size"), (run) => run.settings.batch_size),
    plain("epochs", t("Epochs"), (run) => run.epochs),
    plain("seed", t("Seed"), (run) => run.settings.seed),
    plain("initializer", t("Initial weights"), (run) => run.settings.initializer),
    plain("device", t("Device"), (run) => run.device),
  ];
}

function durationText(run: RunSummary): string {
  const took = secondsOf(run);
  return took === null ? "–" : formatDuration(took);
}
