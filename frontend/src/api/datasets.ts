import { request } from "./client";
import type {
  Dataset,
  DatasetColumns,
  DatasetPreview,
  DatasetReport,
  DatasetSample,
  Page,
  PreviewImage,
  Split,
  Upload,
} from "./types";

export const listDatasets = (signal?: AbortSignal): Promise<Page<Dataset>> =>
  request("GET", "api/datasets", { query: { limit: 500 }, signal });

export const getDataset = (id: string, signal?: AbortSignal): Promise<Dataset> =>
  request("GET", `api/datasets/${id}`, { signal });

/** Which samples are wanted; what is left out asks for nothing. */
export interface SampleFilter {
  label?: string | undefined;
  column?: string | undefined;
  low?: number | undefined;
  high?: number | undefined;
  equals?: string | undefined;
  missing?: boolean | undefined;
  text?: string | undefined;
}

export const previewDataset = (
  id: string,
  query: { split: Split; offset: number; limit: number } & SampleFilter,
  signal?: AbortSignal,
): Promise<DatasetPreview> => request("GET", `api/datasets/${id}/preview`, { query: { ...query }, signal });

export const listVersions = (id: string, signal?: AbortSignal): Promise<Page<Dataset>> =>
  request("GET", `api/datasets/${id}/versions`, { signal });

export const getReport = (id: string, signal?: AbortSignal): Promise<DatasetReport> =>
  request("GET", `api/datasets/${id}/report`, { signal });

export const getColumns = (id: string, split: Split, signal?: AbortSignal): Promise<DatasetColumns> =>
  request("GET", `api/datasets/${id}/columns`, { query: { split }, signal });

export const getClassExamples = (
  id: string,
  split: Split,
  each: number,
  signal?: AbortSignal,
): Promise<{ images: PreviewImage[] }> => request("GET", `api/datasets/${id}/classes`, { query: { split, each }, signal });

/** Begin another version of a data set. */
export const editDataset = (id: string): Promise<Upload> => request("POST", `api/datasets/${id}/edit`);

export const getSample = (id: string, split: Split, index: number, signal?: AbortSignal): Promise<DatasetSample> =>
  request("GET", `api/datasets/${id}/samples/${split}/${index}`, { signal });

export const deleteDataset = (id: string): Promise<void> => request("DELETE", `api/datasets/${id}`);
