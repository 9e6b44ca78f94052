import { request, requestFile } from "./client";
import type {
  CheckReport,
  Code,
  Graph,
  ImportedGraph,
  Judgement,
  Measured,
  PlanReport,
  StrategyName,
  StrategyView,
  TrainSettings,
  XrayReport,
} from "./types";

export interface GraphQuestion {
  graph: Graph;
  dataset: string | null;
  batch_size: number;
}

export type PlanQuestion = GraphQuestion & { training: boolean };

export type XrayQuestion = PlanQuestion & { strategy: StrategyName };

export const checkGraph = (question: GraphQuestion, signal?: AbortSignal): Promise<CheckReport> =>
  request("POST", "api/graphs/check", { body: question, signal });

export const planGraph = (question: PlanQuestion, signal?: AbortSignal): Promise<PlanReport> =>
  request("POST", "api/graphs/plan", { body: question, signal });

/** Whether connections can work, and what would make them work. */
export const judgeConnections = (
  question: GraphQuestion & { connections: { from: string; to: string; port: string }[] },
  signal?: AbortSignal,
): Promise<Judgement> => request("POST", "api/graphs/connect", { body: question, signal });

/** Names of the operators that take an output as it is. */
export const listFollowers = (question: GraphQuestion & { source: string }, signal?: AbortSignal): Promise<{ operators: string[] }> =>
  request("POST", "api/graphs/followers", { body: question, signal });

export const xrayGraph = (question: XrayQuestion, signal?: AbortSignal): Promise<XrayReport> =>
  request("POST", "api/graphs/xray", { body: question, signal });

export const compareStrategies = (question: PlanQuestion, signal?: AbortSignal): Promise<{ strategies: StrategyView[] }> =>
  request("POST", "api/graphs/strategies", { body: question, signal });

/** Runs the plan for about two seconds, in a process of its own. */
export const measureGraph = (question: XrayQuestion, signal?: AbortSignal): Promise<Measured> =>
  request("POST", "api/graphs/measure", { body: question, signal });

/** The training as a program, a notebook and a command. */
export const writeCode = (
  question: { graph: Graph; dataset: string; settings: TrainSettings },
  signal?: AbortSignal,
): Promise<Code> => request("POST", "api/graphs/code", { body: question, signal });

/** The drawn network with its first weights, as an ONNX file. */
export const exportOnnx = (question: {
  graph: Graph;
  dataset: string | null;
  initializer: string;
  seed: number;
}): Promise<Blob> => requestFile("POST", "api/graphs/onnx", { body: question });

/** The network in a file of ours, of MXNet or ONNX, with a note on each of its parts. */
export function importGraph(file: File, signal?: AbortSignal): Promise<ImportedGraph> {
  const body = new FormData();
  body.append("file", file);
  return request("POST", "api/graphs/import", { body, signal });
}
