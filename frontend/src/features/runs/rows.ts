import type { RunSummary } from "@/api/types";
import { toNumber } from "@/shared/format";
import { isRising } from "@/shared/metric";

import { isOver } from "./moves";

/** One line of the table: a run, or a sweep that stands for its runs. */
export type Row = { kind: "run"; run: RunSummary; inside: boolean } | { kind: "sweep"; id: string; runs: RunSummary[]; open: boolean };

/** The runs in their order; those of a sweep together where its first one stands, and only where it is open. */
export function rowsOf(runs: readonly RunSummary[], grouped: boolean, open: ReadonlySet<string>): Row[] {
  if (!grouped) return runs.map((run) => ({ kind: "run", run, inside: false }));
  const members = new Map<string, RunSummary[]>();
  for (const run of runs) {
    if (!run.sweep) continue;
    const others = members.get(run.sweep.id);
    if (others) others.push(run);
    else members.set(run.sweep.id, [run]);
  }
  const rows: Row[] = [];
  for (const run of runs) {
    const trials = run.sweep ? members.get(run.sweep.id) : undefined;
    if (!run.sweep || !trials) {
      rows.push({ kind: "run", run, inside: false });
      continue;
    }
    if (trials[0] !== run) continue;
    const { id } = run.sweep;
    rows.push({ kind: "sweep", id, runs: trials, open: open.has(id) });
    if (open.has(id)) rows.push(...trials.map((trial): Row => ({ kind: "run", run: trial, inside: true })));
  }
  return rows;
}

/** The run with the best of the figures that decide; null where none has one yet. */
export function bestOf(runs: readonly RunSummary[]): RunSummary | null {
  let best: RunSummary | null = null;
  for (const run of runs) {
    if (!run.best) continue;
    if (best?.best?.metric !== run.best.metric) {
      best ??= run;
      continue;
    }
    const gain = toNumber(run.best.value) - toNumber(best.best.value);
    if (isRising(run.best.metric) ? gain > 0 : gain < 0) best = run;
  }
  return best;
}

export const atWork = (runs: readonly RunSummary[]): number => runs.filter((run) => !isOver(run.state)).length;
