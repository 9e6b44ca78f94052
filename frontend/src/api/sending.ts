import { languageTag, t } from "@/i18n";

import { ApiError, type ApiPath, apiUrl, errorOf } from "./client";

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
      else reject(errorOf(request.status, request.responseText));
    };
    request.onerror = () => reject(lost());
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
  });
  request.open("POST", apiUrl(path));
  request.setRequestHeader("accept", "application/json");
  request.setRequestHeader("accept-language", languageTag());
  request.send(form);
  return { done, cancel: () => request.abort() };
}

const lost = (): ApiError => new ApiError(0, { code: "offline", message: t("The connection was lost while sending.") });
