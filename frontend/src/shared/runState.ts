import type { RunState } from "@/api/types";
import { type Message, msg } from "@/i18n";

/** What people call the states of a run. */
export const stateNames: Record<RunState, Message> = {
  queued: msg("Queued"),
  starting: msg("Starting"),
  running: msg("Running"),
  paused: msg("Paused"),
  stopping: msg("Stopping"),
  completed: msg("Completed"),
  stopped: msg("Stopped"),
  failed: msg("Failed"),
  interrupted: msg("Interrupted"),
};
