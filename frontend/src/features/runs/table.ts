import type { RunState, RunSummary } from "@/api/types";
import { formatMetric, toNumber } from "@/shared/format";
import { keyTitle } from "@/shared/metric";

import { isOver } from "./moves";

export type StateFilter = "all" | "active" | "completed" | "other" | "deleted";

export interface Sorting {
  /** The id of a column. */
  key: string;
  descending: boolean;
}

/** The loss that tells most: validation where there is one. */
export function lossOf(run: RunSummary): number | null {
  const loss = run.metrics["val_loss"] ?? run.metrics["train_loss"];
  return loss === undefined ? null : toNumber(loss);
}

/** "Validation accuracy 0.972". */
export function bestText(run: Pick<RunSummary, "best">): string {
  if (!run.best) return "–";
  return `${keyTitle(run.best.metric)} ${formatMetric(run.best.value)}`;
}

/** Runs in order; those without a value come last whichever way it is sorted. */
export function sortRuns(runs: readonly RunSummary[], read: (run: RunSummary) => number | string | null, descending: boolean): RunSummary[] {
  const sign = descending ? -1 : 1;
  const pairs = runs.map((run) => [read(run), run] as const);
  pairs.sort(([left, a], [right, b]) => {
    if (isNothing(left) || isNothing(right)) return Number(isNothing(left)) - Number(isNothing(right));
    return left === right ? b.number - a.number : left < right ? -sign : sign;
  });
  return pairs.map(([, run]) => run);
}

function isNothing(value: number | string | null): value is null {
  return value === null || Number.isNaN(value);
}

export function filterRuns(runs: readonly RunSummary[], text: string, filter: StateFilter): RunSummary[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return runs.filter((run) => {
    const haystack = `#${run.number} ${run.name} ${run.graph_name} ${run.dataset} ${run.state} ${run.settings.optimizer} ${run.tags.join(" ")} ${run.notes}`.toLowerCase();
    return inFilter(run.state, filter) && words.every((word) => haystack.includes(word));
  });
}

function inFilter(state: RunState, filter: StateFilter): boolean {
  if (filter === "all" || filter === "deleted") return true;
  if (filter === "active") return !isOver(state);
  if (filter === "completed") return state === "completed";
  return isOver(state) && state !== "completed";
}
