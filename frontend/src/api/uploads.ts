import { request } from "./client";
import type { Dialect, Page, Recipe, Survey, Upload } from "./types";

export const listUploads = (signal?: AbortSignal): Promise<Page<Upload>> => request("GET", "api/uploads", { signal });

export const createUpload = (filename: string, size: number, signal?: AbortSignal): Promise<Upload> =>
  request("POST", "api/uploads", { body: { filename, size }, signal });

export const getUpload = (id: string, signal?: AbortSignal): Promise<Upload> =>
  request("GET", `api/uploads/${id}`, { signal });

/** The next bytes of a file; they begin at `offset`. */
export const sendBytes = (id: string, offset: number, bytes: Blob, signal?: AbortSignal): Promise<Upload> =>
  request("PUT", `api/uploads/${id}/bytes`, { query: { offset }, body: bytes, signal });

export const readUpload = (id: string, body: { dialect?: Dialect; target?: string | null }): Promise<Upload> =>
  request("POST", `api/uploads/${id}/read`, { body });

export const getSurvey = (id: string, signal?: AbortSignal): Promise<Survey> =>
  request("GET", `api/uploads/${id}/survey`, { signal });

export const importUpload = (
  id: string,
  body: { name: string; recipe: Recipe; test_upload: string | null },
): Promise<Upload> => request("POST", `api/uploads/${id}/import`, { body });

export const cancelUpload = (id: string): Promise<void> => request("DELETE", `api/uploads/${id}`);
