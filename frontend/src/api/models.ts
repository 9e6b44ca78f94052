import { apiUrl, request } from "./client";
import type { ContinueReply, GenerateReply, Model, ModelVersion, Page, PredictReply, RawInput } from "./types";

export type ExportFormat = "safetensors" | "onnx" | "graph" | "symbol";

const path = (name: string): `api/models/${string}` => `api/models/${encodeURIComponent(name)}`;

export const listModels = (
  query: { limit?: number; offset?: number } = {},
  signal?: AbortSignal,
): Promise<Page<Model>> => request("GET", "api/models", { query, signal });

export const getModel = (name: string, signal?: AbortSignal): Promise<Model> => request("GET", path(name), { signal });

export const getModelVersion = (name: string, version: number, signal?: AbortSignal): Promise<ModelVersion> =>
  request("GET", `${path(name)}/versions/${version}`, { signal });

export const deleteModel = (name: string): Promise<void> => request("DELETE", path(name));

export const predict = (
  name: string,
  version: number,
  inputs: RawInput[],
  signal?: AbortSignal,
): Promise<PredictReply> =>
  request("POST", `${path(name)}/versions/${version}/predict`, { body: { inputs }, signal });

/** New samples by a seed, or those of given latent numbers. */
export const generate = (
  name: string,
  version: number,
  asked: { count: number; seed: number } | { latents: number[][] },
  signal?: AbortSignal,
): Promise<GenerateReply> => request("POST", `${path(name)}/versions/${version}/generate`, { body: asked, signal });

export interface Continuation {
  prompt: string;
  length: number;
  temperature: number;
  seed: number;
}

export const continueText = (
  name: string,
  version: number,
  asked: Continuation,
  signal?: AbortSignal,
): Promise<ContinueReply> => request("POST", `${path(name)}/versions/${version}/continue`, { body: asked, signal });

export const exportUrl = (name: string, version: number, format: ExportFormat): string =>
  apiUrl(`${path(name)}/versions/${version}/export`, { format });

/** Where a model is asked from outside; without a version, the newest. */
export const askUrl = (name: string, verb: "predict" | "generate" | "continue", version?: number): string =>
  apiUrl(version === undefined ? `${path(name)}/${verb}` : `${path(name)}/versions/${version}/${verb}`);

/** The same model by the Open Inference Protocol. */
export const inferUrl = (name: string, version: number): string =>
  apiUrl(`v2/models/${encodeURIComponent(name)}/versions/${version}/infer`);
