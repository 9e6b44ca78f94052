import { apiUrl, request } from "./client";
import type {
  Graph,
  KnobList,
  Page,
  Sweep,
  SweepBrief,
  SweepMethod,
  SweepParameter,
  SweepPreview,
  SweepTrial,
  TrainSettings,
} from "./types";

export interface SweepSpec {
  project: string;
  settings: TrainSettings;
  name?: string;
  parameters: SweepParameter[];
  method: SweepMethod;
  metric?: string;
  seed: number;
  concurrency?: number;
}

export type SweepMove = "pause" | "resume" | "stop";

/** What can be varied in a training, each with its type, limits and a range to begin with. */
export const listKnobs = (
  training: { graph: Graph; dataset: string | null; settings: TrainSettings },
  signal?: AbortSignal,
): Promise<KnobList> => request("POST", "api/sweeps/parameters", { body: training, signal });

export const previewSweep = (spec: SweepSpec, signal?: AbortSignal): Promise<SweepPreview> =>
  request("POST", "api/sweeps/preview", { body: spec, signal });

export const createSweep = (spec: SweepSpec): Promise<Sweep> => request("POST", "api/sweeps", { body: spec });

export const listSweeps = (
  query: { limit?: number; offset?: number; project?: string; deleted?: boolean } = {},
  signal?: AbortSignal,
): Promise<Page<SweepBrief>> => request("GET", "api/sweeps", { query, signal });

export const getSweep = (id: string, signal?: AbortSignal): Promise<Sweep> => request("GET", `api/sweeps/${id}`, { signal });

export const listTrials = (id: string, signal?: AbortSignal): Promise<Page<SweepTrial>> =>
  request("GET", `api/sweeps/${id}/trials`, { signal });

export const moveSweep = (id: string, move: SweepMove): Promise<Sweep> => request("POST", `api/sweeps/${id}/${move}`);

export const renameSweep = (id: string, name: string): Promise<Sweep> => request("PATCH", `api/sweeps/${id}`, { body: { name } });

/** With its runs; all of it can be restored for a while. */
export const deleteSweep = (id: string): Promise<void> => request("DELETE", `api/sweeps/${id}`);

export const restoreSweep = (id: string): Promise<Sweep> => request("POST", `api/sweeps/${id}/restore`);

/** Puts a trial's values into the sweep's project; the best one's when none is named. */
export const applyTrial = (id: string, trial?: number): Promise<{ project: string; revision: number; trial: number }> =>
  request("POST", `api/sweeps/${id}/apply`, { query: { trial } });

/** The sweep as a file for the command line. */
export const sweepSpecUrl = (id: string): string => apiUrl(`api/sweeps/${id}/spec`);
