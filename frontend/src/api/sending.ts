import { languageTag, t } from "@/i18n";

import { ApiError, type ApiPath, apiUrl } from "./client";
import type { ErrorBody } from "./types";

export interface Sending<T> {
  done: Promise<T>;
  cancel: () => void;
}

/** Sends a form and tells how much of it has gone. XMLHttpRequest, because fetch cannot tell. */
export function sendForm<T>(path: ApiPath, form: FormData, onProgress: (fraction: number) => void): Sending<T> {
  const request = new XMLHttpRequest();
  const done = new Promise<T>((resolve, reject) => {
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as T);
      else reject(readError(request.status, request.responseText));
    };
    request.onerror = () => reject(readError(0, ""));
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
  });
  request.open("POST", apiUrl(path));
  request.setRequestHeader("accept", "application/json");
  request.setRequestHeader("accept-language", languageTag());
  request.send(form);
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
