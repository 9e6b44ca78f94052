import type { Run, RunState } from "@/api/types";
import { formatMetric, toNumber } from "@/shared/format";

import { keyTitle } from "./charts/groups";
import { secondsOf } from "./facts";
import { isOver } from "./moves";

export type SortKey = "number" | "name" | "dataset" | "state" | "best" | "loss" | "duration";
export type StateFilter = "all" | "active" | "completed" | "other";

export interface Sorting {
  key: SortKey;
  descending: boolean;
}

/** The loss that tells most: validation where there is one. */
export function lossOf(run: Run): number | null {
  const loss = run.metrics["val_loss"] ?? run.metrics["train_loss"];
  return loss === undefined ? null : toNumber(loss);
}

/** "Validation accuracy 0.972". */
export function bestText(run: Pick<Run, "best">): string {
  if (!run.best) return "–";
  return `${keyTitle(run.best.metric)} ${formatMetric(run.best.value)}`;
}

const keys: Record<SortKey, (run: Run) => number | string | null> = {
  number: (run) => run.number,
  name: (run) => run.name.toLowerCase(),
  dataset: (run) => run.dataset,
  state: (run) => run.state,
  best: (run) => (run.best ? toNumber(run.best.value) : null),
  loss: lossOf,
  duration: (run) => secondsOf(run),
};

/** Runs in order; those without a value come last whichever way it is sorted. */
export function sortRuns(runs: readonly Run[], { key, descending }: Sorting): Run[] {
  const read = keys[key];
  const sign = descending ? -1 : 1;
  return [...runs].sort((a, b) => {
    const left = read(a);
    const right = read(b);
    if (isNothing(left) || isNothing(right)) return Number(isNothing(left)) - Number(isNothing(right));
    return left === right ? b.number - a.number : left < right ? -sign : sign;
  });
}

function isNothing(value: number | string | null): value is null {
  return value === null || Number.isNaN(value);
}

export function filterRuns(runs: readonly Run[], text: string, filter: StateFilter): Run[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return runs.filter((run) => {
    const haystack = `#${run.number} ${run.name} ${run.graph.name ?? ""} ${run.dataset} ${run.state} ${run.settings.optimizer}`.toLowerCase();
    return inFilter(run.state, filter) && words.every((word) => haystack.includes(word));
  });
}

function inFilter(state: RunState, filter: StateFilter): boolean {
  if (filter === "all") return true;
  if (filter === "active") return !isOver(state);
  if (filter === "completed") return state === "completed";
  return isOver(state) && state !== "completed";
}
