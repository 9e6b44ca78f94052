import { request } from "./client";
import type { Dataset, DatasetPreview, DatasetSample, Page, Split } from "./types";

export const listDatasets = (signal?: AbortSignal): Promise<Page<Dataset>> =>
  request("GET", "api/datasets", { query: { limit: 500 }, signal });

export const getDataset = (id: string, signal?: AbortSignal): Promise<Dataset> =>
  request("GET", `api/datasets/${id}`, { signal });

export const previewDataset = (
  id: string,
  query: { split: Split; offset: number; limit: number },
  signal?: AbortSignal,
): Promise<DatasetPreview> => request("GET", `api/datasets/${id}/preview`, { query, signal });

export const getSample = (id: string, split: Split, index: number, signal?: AbortSignal): Promise<DatasetSample> =>
  request("GET", `api/datasets/${id}/samples/${split}/${index}`, { signal });

export function uploadDataset(file: File, name: string, target?: string): Promise<Dataset> {
  const body = new FormData();
  body.set("file", file);
  body.set("name", name);
  if (target !== undefined) body.set("target", target);
  return request("POST", "api/datasets", { body });
}

export const deleteDataset = (id: string): Promise<void> => request("DELETE", `api/datasets/${id}`);
