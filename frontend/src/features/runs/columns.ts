import type { Run } from "@/api/types";
import { type Message, msg, type Translate } from "@/i18n";
import { formatDuration, formatMetric, toNumber } from "@/shared/format";

import { keyTitle, splitKey } from "./charts/groups";
import { secondsOf } from "./facts";
import { bestText, lossOf } from "./table";

export type Value = number | string | null;

/** One column that the table of runs can show. */
export interface Column {
  id: string;
  title: string;
  /** What it is listed under where columns are chosen. */
  section: string;
  read: (run: Run) => Value;
  text: (run: Run) => string;
}

/** Metrics of which more is better; of all others less is. */
const rising = new Set(["accuracy", "r2", "nmi", "ari", "f1", "precision", "recall", "auc", "top_5_accuracy"]);

export function isRising(key: string): boolean {
  return rising.has(splitKey(key)[1]);
}

export type Statistic = "last" | "best" | "min" | "max";

export const statistics: readonly { name: Statistic; title: Message }[] = [
  { name: "last", title: msg("{{metric}}, last") },
  { name: "best", title: msg("{{metric}}, best") },
  { name: "min", title: msg("{{metric}}, least") },
  { name: "max", title: msg("{{metric}}, greatest") },
];

/** Last, best, least or greatest value of a metric over a whole run; null where there is none. */
export function statisticOf(run: Run, key: string, name: Statistic): number | null {
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
export function columnsOf(runs: readonly Run[], t: Translate): Column[] {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].sort();
  const metrics = keys.flatMap((key) =>
    statistics.map(({ name, title }): Column => {
      const read = (run: Run): number | null => statisticOf(run, key, name);
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
    { id: "notes", title: t("Notes"), section, read: (run) => (run.notes === "" ? null : run.notes), text: (run) => run.notes.split("\n")[0] ?? "" },
  ];
}

function settings(t: Translate): Column[] {
  const section = t("Settings");
  const rate = (run: Run): number | null => {
    const value = run.settings.optimizer_params["learning_rate"];
    return typeof value === "number" ? value : null;
  };
  const plain = (id: string, title: string, read: (run: Run) => Value): Column => ({
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

function durationText(run: Run): string {
  const took = secondsOf(run);
  return took === null ? "–" : formatDuration(took);
}
