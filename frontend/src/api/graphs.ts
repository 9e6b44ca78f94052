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
