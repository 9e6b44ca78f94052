import { ApiError, apiUrl } from "@/api/client";
import type { Dataset, ErrorBody } from "@/api/types";
import { languageTag, t } from "@/i18n";

export interface UploadSpec {
  file: File;
  name: string;
  /** The label column of a table; the last one when left out. */
  target: string;
}

export interface Upload {
  done: Promise<Dataset>;
  cancel: () => void;
}

/** Sends a data file. XMLHttpRequest, because fetch cannot tell how much it has sent. */
export function sendDataset(spec: UploadSpec, onProgress: (fraction: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<Dataset>((resolve, reject) => {
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as Dataset);
      else reject(readError(request.status, request.responseText));
    };
    request.onerror = () => reject(readError(0, ""));
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
  });
  const body = new FormData();
  body.set("file", spec.file);
  body.set("name", spec.name);
  if (spec.target !== "") body.set("target", spec.target);
  request.open("POST", apiUrl("api/datasets"));
  request.setRequestHeader("accept", "application/json");
  request.setRequestHeader("accept-language", languageTag());
  request.send(body);
  return { done, cancel: () => request.abort() };
}

/** The server's error body; in its absence a sentence for the status. */
export function readError(status: number, text: string): ApiError {
  if (status === 0) return new ApiError(0, { code: "offline", message: t("The connection was lost while sending.") });
  try {
    const body = JSON.parse(text) as { error?: ErrorBody };
    if (body.error) return new ApiError(status, body.error);
  } catch {
    // not the studio's own answer: a proxy in between, say
  }
  return new ApiError(status, { code: "http_error", message: t("The server answered {{status}}.", { status }) });
}

const kinds = [".csv", ".npz"];

/** What can be told about a file before it is sent; null when it may go. */
export function refuseFile(file: File): string | null {
  const known = kinds.some((kind) => file.name.toLowerCase().endsWith(kind));
  if (!known) return t("“{{name}}” is neither a CSV table nor NPZ arrays.", { name: file.name });
  if (file.size === 0) return t("“{{name}}” is empty.", { name: file.name });
  return null;
}

/** "My irises (2).csv" → "My irises (2)". */
export const nameFor = (file: File): string => file.name.replace(/\.[^.]+$/, "");
