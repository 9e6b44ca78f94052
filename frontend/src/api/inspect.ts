import { request } from "./client";
import type {
  Decisions, Evaluation, EvaluatedSamples, EvaluationPart, Generated, Graph, HistogramHistory, HistoryKind, Inside, Latent, ProbeReply,
  RawInput, Saliency, SaliencyMethod, Snapshot, Split,
} from "./types";

/** What is looked into: a run as far as it has come, or a version of a model. */
export type Subject = { kind: "run"; run: string } | { kind: "model"; name: string; version: number };

type Root = `api/runs/${string}` | `api/models/${string}/versions/${string}`;

export function rootOf(subject: Subject): Root {
  return subject.kind === "run"
    ? `api/runs/${subject.run}`
    : `api/models/${encodeURIComponent(subject.name)}/versions/${String(subject.version)}`;
}

export interface SampleChoice {
  split?: Split;
  index?: number;
  input?: RawInput | null;
  node?: string | null;
}

export type GraphProbe = SampleChoice & { graph: Graph; dataset: string | null; initializer: string; seed: number };

export const probeGraph = (probe: GraphProbe, signal?: AbortSignal): Promise<ProbeReply> =>
  request("POST", "api/graphs/probe", { body: probe, signal });

export const probe = (subject: Subject, choice: SampleChoice, signal?: AbortSignal): Promise<ProbeReply> =>
  request("POST", `${rootOf(subject)}/probe`, { body: choice, signal });

export interface Question {
  input: RawInput;
  methods: SaliencyMethod[];
  /** The class that is asked about; null: the likeliest. */
  target: number | null;
}

export const explain = (subject: Subject, question: Question, signal?: AbortSignal): Promise<Saliency> =>
  request("POST", `${rootOf(subject)}/saliency`, { body: question, signal });

/** What is said of a row while two of its columns vary. */
export const getDecisions = (
  subject: Subject,
  asked: { row: RawInput; x: number; y: number; size: number },
  signal?: AbortSignal,
): Promise<Decisions> => request("POST", `${rootOf(subject)}/decisions`, { body: asked, signal });

export const getInside = (run: string, signal?: AbortSignal): Promise<Inside> =>
  request("GET", `api/runs/${run}/inside`, { signal });

export const getSnapshot = (run: string, step: number, signal?: AbortSignal): Promise<Snapshot> =>
  request("GET", `api/runs/${run}/inside/${String(step)}`, { signal });

export const getHistory = (run: string, name: string, kind: HistoryKind, signal?: AbortSignal): Promise<HistogramHistory> =>
  request("GET", `api/runs/${run}/inside/history`, { query: { name, kind }, signal });

export const getEvaluation = (subject: Subject, part: EvaluationPart, signal?: AbortSignal): Promise<Evaluation> =>
  request("GET", `${rootOf(subject)}/evaluation`, { query: { part }, signal });

export interface SampleQuery {
  part: EvaluationPart;
  actual?: number | null;
  predicted?: number | null;
  wrong?: boolean;
  offset?: number;
  limit?: number;
}

export const listEvaluated = (subject: Subject, query: SampleQuery, signal?: AbortSignal): Promise<EvaluatedSamples> =>
  request("GET", `${rootOf(subject)}/evaluation/samples`, { query: { ...query }, signal });

export const getLatent = (
  subject: Subject,
  query: { node?: string | null; split?: Split; limit?: number },
  signal?: AbortSignal,
): Promise<Latent> => request("GET", `${rootOf(subject)}/latent`, { query, signal });

export const getGenerated = (
  subject: Subject,
  query: { node?: string | null; mode: "draw" | "walk"; side: number; seed: number },
  signal?: AbortSignal,
): Promise<Generated> => request("GET", `${rootOf(subject)}/generated`, { query, signal });
