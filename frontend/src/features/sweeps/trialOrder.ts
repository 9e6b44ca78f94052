import type { ParamValue, Sweep, SweepTrial } from "@/api/types";

import { rankTrials } from "./facts";

export interface TrialSorting {
  /** "number", "rank", "epoch", "state", "seconds", or the path of a parameter. */
  key: string;
  descending: boolean;
}

type Plain = string | number | null;

/** Trials in the order of a column; those without a value come last whichever way it is sorted. */
export function sortTrials(trials: readonly SweepTrial[], { key, descending }: TrialSorting, goal: Sweep["goal"]): SweepTrial[] {
  if (key === "rank") {
    const ranked = rankTrials(trials, goal);
    return descending ? ranked.reverse() : ranked;
  }
  const sign = descending ? -1 : 1;
  const pairs = trials.map((trial) => [readOf(trial, key), trial] as const);
  pairs.sort(([left, a], [right, b]) => {
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return left === right ? a.number - b.number : left < right ? -sign : sign;
  });
  return pairs.map(([, trial]) => trial);
}

function readOf(trial: SweepTrial, key: string): Plain {
  if (key === "number") return trial.number;
  if (key === "epoch") return trial.epoch;
  if (key === "state") return trial.state;
  return key === "seconds" ? trial.seconds : plain(trial.values[key]);
}

function plain(value: ParamValue | undefined): Plain {
  if (value === undefined || value === null) return null;
  return typeof value === "number" || typeof value === "string" ? value : JSON.stringify(value);
}
