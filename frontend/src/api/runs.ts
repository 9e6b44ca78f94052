import { languageTag } from "@/i18n";

import { apiUrl, request, socketUrl } from "./client";
import type {
  Graph,
  Page,
  Run,
  RunCheckpoint,
  RunEventsPage,
  RunRelative,
  RunSamples,
  RunSeries,
  RunSummary,
  TrainSettings,
} from "./types";

export type RunSpec =
  | { project: string; name?: string; settings: TrainSettings; paused?: boolean }
  | { graph: Graph; dataset: string; settings: TrainSettings; name?: string; paused?: boolean };

export type RunMove = "pause" | "resume" | "stop";

export const listRuns = (
  query: { limit?: number; offset?: number; project?: string; deleted?: boolean; sweep?: string; trials?: boolean } = {},
  signal?: AbortSignal,
): Promise<Page<RunSummary>> => request("GET", "api/runs", { query, signal });

export const getRun = (id: string, signal?: AbortSignal): Promise<Run> => request("GET", `api/runs/${id}`, { signal });

export const createRun = (spec: RunSpec): Promise<Run> => request("POST", "api/runs", { body: spec });

export const moveRun = (id: string, move: RunMove): Promise<Run> => request("POST", `api/runs/${id}/${move}`);

/** One batch of a paused run. */
export const stepRun = (id: string): Promise<Run> => request("POST", `api/runs/${id}/step`);

export interface LiveChange {
  learning_rate?: number;
  weight_decay?: number;
  batch_size?: number;
}

export const changeRun = (id: string, change: LiveChange): Promise<Run> =>
  request("POST", `api/runs/${id}/changes`, { body: change });

export interface ForkSpec {
  /** A checkpoint's step; the first weights when left out. */
  step?: number;
  settings?: TrainSettings;
  graph?: Graph;
  only_weights?: boolean;
  name?: string;
  paused?: boolean;
}

export const forkRun = (id: string, spec: ForkSpec): Promise<Run> => request("POST", `api/runs/${id}/fork`, { body: spec });

export const listCheckpoints = (id: string, signal?: AbortSignal): Promise<Page<RunCheckpoint>> =>
  request("GET", `api/runs/${id}/checkpoints`, { signal });

export const getLineage = (id: string, signal?: AbortSignal): Promise<{ runs: RunRelative[] }> =>
  request("GET", `api/runs/${id}/lineage`, { signal });

/** It can be restored for a while. */
export const deleteRun = (id: string): Promise<void> => request("DELETE", `api/runs/${id}`);

export const deleteRunForGood = (id: string): Promise<void> =>
  request("DELETE", `api/runs/${id}`, { query: { permanently: true } });

export const restoreRun = (id: string): Promise<Run> => request("POST", `api/runs/${id}/restore`);

export interface RunEdit {
  name?: string;
  tags?: string[];
  notes?: string;
}

export const editRun = (id: string, edit: RunEdit): Promise<Run> => request("PATCH", `api/runs/${id}`, { body: edit });

export const listRunEvents = (id: string, after: number, limit = 1000, signal?: AbortSignal): Promise<RunEventsPage> =>
  request("GET", `api/runs/${id}/events`, { query: { after, limit }, signal });

export const getRunSeries = (
  id: string,
  query: { keys?: string; points?: number; from?: number; to?: number } = {},
  signal?: AbortSignal,
): Promise<RunSeries> => request("GET", `api/runs/${id}/series`, { query, signal });

/** What the network made as it was trained. */
export const getRunSamples = (id: string, signal?: AbortSignal): Promise<Page<RunSamples>> =>
  request("GET", `api/runs/${id}/samples`, { signal });

export const runSocketUrl = (id: string, after: number): string => socketUrl(`api/runs/${id}/events`, { after, language: languageTag() });

export const runLogUrl = (id: string): string => apiUrl(`api/runs/${id}/log`);
