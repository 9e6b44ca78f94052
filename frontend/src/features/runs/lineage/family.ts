import type { RunRelative } from "@/api/types";

export interface Branch {
  run: RunRelative;
  depth: number;
}

/** The family as an indented list: each run is followed by its forks, the oldest first. */
export function layFamily(runs: readonly RunRelative[]): Branch[] {
  const children = new Map<string | null, RunRelative[]>();
  const there = new Set(runs.map((run) => run.id));
  for (const run of runs) {
    const parent = run.parent !== null && there.has(run.parent) ? run.parent : null;
    children.set(parent, [...(children.get(parent) ?? []), run]);
  }
  const laid: Branch[] = [];
  const walk = (parent: string | null, depth: number): void => {
    for (const run of [...(children.get(parent) ?? [])].sort((a, b) => a.number - b.number)) {
      laid.push({ run, depth });
      walk(run.id, depth + 1);
    }
  };
  walk(null, 0);
  return laid;
}
