import type { RunMove } from "@/api/runs";
import type { Run, RunState } from "@/api/types";

/** What a person may do with a run in each state; mirrors the server's table of legal moves. */
const moves: Record<RunState, readonly RunMove[]> = {
  queued: ["stop"],
  starting: ["stop"],
  running: ["pause", "stop"],
  paused: ["resume", "stop"],
  stopping: [],
  completed: [],
  stopped: ["resume"],
  failed: ["resume"],
  interrupted: ["resume"],
};

const over: ReadonlySet<RunState> = new Set<RunState>(["completed", "stopped", "failed", "interrupted"]);

export const isOver = (state: RunState): boolean => over.has(state);

/** A run that is over goes on only where a checkpoint lets it. */
export function legalMoves(run: Pick<Run, "state" | "resumable">): readonly RunMove[] {
  if (isOver(run.state) && !run.resumable) return [];
  return moves[run.state];
}
