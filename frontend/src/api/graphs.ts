import { request } from "./client";
import type { CheckReport, Graph, PlanReport } from "./types";

export interface GraphQuestion {
  graph: Graph;
  dataset: string | null;
  batch_size: number;
}

export const checkGraph = (question: GraphQuestion, signal?: AbortSignal): Promise<CheckReport> =>
  request("POST", "api/graphs/check", { body: question, signal });

export const planGraph = (question: GraphQuestion & { training: boolean }, signal?: AbortSignal): Promise<PlanReport> =>
  request("POST", "api/graphs/plan", { body: question, signal });

/** Names of the operators that take an output as it is. */
export const listFollowers = (question: GraphQuestion & { source: string }, signal?: AbortSignal): Promise<{ operators: string[] }> =>
  request("POST", "api/graphs/followers", { body: question, signal });
