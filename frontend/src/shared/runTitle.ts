import type { Run } from "@/api/types";

/** "Run 3", or "#3 Wider network" once a person has named it. */
export function runTitle(run: Pick<Run, "name" | "number">): string {
  return run.name === `Run ${run.number}` ? run.name : `#${run.number} ${run.name}`;
}
