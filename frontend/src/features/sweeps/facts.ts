import type { Sweep, SweepTrial, TrialState, WireNumber } from "@/api/types";
import { toNumber } from "@/shared/format";

const over: readonly TrialState[] = ["completed", "early", "failed", "refused", "stopped"];

export const isTrialOver = (state: TrialState): boolean => over.includes(state);

/** How many trials are over, of how many. */
export function progressOf(counts: Partial<Record<TrialState, number>>): { over: number; all: number; percent: number } {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const done = over.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  return { over: done, all, percent: all > 0 ? (100 * done) / all : 0 };
}

/** A score as a number; null where there is none that can be drawn. */
export function scoreOf(score: WireNumber | null | undefined): number | null {
  if (score === null || score === undefined) return null;
  const value = toNumber(score);
  return Number.isFinite(value) ? value : null;
}

/** How far a trial came: the number of rungs it has a score at. */
export const depthOf = (trial: SweepTrial): number => Object.keys(trial.scores).length;

/** Trials with the best first: those that came farther before the others, those without a score at the end. */
export function rankTrials(trials: readonly SweepTrial[], goal: Sweep["goal"]): SweepTrial[] {
  const sign = goal === "max" ? -1 : 1;
  return [...trials].sort((a, b) => {
    const [left, right] = [scoreOf(a.score), scoreOf(b.score)];
    if (left === null || right === null) return Number(left === null) - Number(right === null) || a.number - b.number;
    return depthOf(b) - depthOf(a) || sign * (left - right) || a.number - b.number;
  });
}

/** The best score so far after each trial that was trained to the end. */
export function bestSoFar(trials: readonly SweepTrial[], goal: Sweep["goal"]): { number: number; score: number; best: number }[] {
  const points: { number: number; score: number; best: number }[] = [];
  let best: number | null = null;
  for (const trial of trials) {
    if (trial.state !== "completed") continue;
    const score = scoreOf(trial.score);
    if (score === null) continue;
    best = best === null ? score : goal === "max" ? Math.max(best, score) : Math.min(best, score);
    points.push({ number: trial.number, score, best });
  }
  return points;
}
