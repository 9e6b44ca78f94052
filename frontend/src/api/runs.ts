import { languageTag } from "@/i18n";

import { apiUrl, request, socketUrl } from "./client";
import type { Graph, Page, Run, RunEventsPage, RunSeries, TrainSettings } from "./types";

export type RunSpec =
  | { project: string; name?: string; settings: TrainSettings }
  | { graph: Graph; dataset: string; settings: TrainSettings; name?: string };

export type RunMove = "pause" | "resume" | "stop";

export const listRuns = (
  query: { limit?: number; offset?: number; project?: string } = {},
  signal?: AbortSignal,
): Promise<Page<Run>> => request("GET", "api/runs", { query, signal });

export const getRun = (id: string, signal?: AbortSignal): Promise<Run> => request("GET", `api/runs/${id}`, { signal });

export const createRun = (spec: RunSpec): Promise<Run> => request("POST", "api/runs", { body: spec });

export const moveRun = (id: string, move: RunMove): Promise<Run> => request("POST", `api/runs/${id}/${move}`);

export const deleteRun = (id: string): Promise<void> => request("DELETE", `api/runs/${id}`);

export const listRunEvents = (id: string, after: number, limit = 1000, signal?: AbortSignal): Promise<RunEventsPage> =>
  request("GET", `api/runs/${id}/events`, { query: { after, limit }, signal });

export const getRunSeries = (
  id: string,
  query: { keys?: string; points?: number; from?: number; to?: number } = {},
  signal?: AbortSignal,
): Promise<RunSeries> => request("GET", `api/runs/${id}/series`, { query, signal });

export const runSocketUrl = (id: string, after: number): string => socketUrl(`api/runs/${id}/events`, { after, language: languageTag() });

export const runLogUrl = (id: string): string => apiUrl(`api/runs/${id}/log`);
