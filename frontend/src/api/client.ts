import { languageTag, t } from "@/i18n";

import type { paths } from "./generated";
import type { ErrorBody } from "./types";

/** "/api/runs/{run_id}/log" → `api/runs/${string}/log`. */
type Filled<Path extends string> = Path extends `${infer Head}{${string}}${infer Tail}`
  ? `${Head}${string}${Filled<Tail>}`
  : Path;
type Relative<Path extends string> = Path extends `/${infer Rest}` ? Rest : Path;

/** A path the server has, so that a route renamed there does not compile here. The inference protocol is not ours. */
export type ApiPath = Relative<Filled<keyof paths>> | `v2/${string}`;

/** The folder the page was served from, with a trailing slash; right behind any path prefix. */
export function baseUrl(): URL {
  return new URL(".", document.baseURI);
}

/** An absolute URL of the server for a path such as `api/runs`. */
export function apiUrl(path: ApiPath, query: Query = {}): string {
  const url = new URL(path, baseUrl());
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) url.searchParams.set(key, String(value));
  }
  return url.toString();
}

/** The same, for a WebSocket. */
export function socketUrl(path: ApiPath, query: Query = {}): string {
  return apiUrl(path, query).replace(/^http/, "ws");
}

/** What went wrong, in the server's one error body; `code` is `offline` when no answer came. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: ErrorBody;

  constructor(status: number, body: ErrorBody) {
    super(body.message);
    this.name = "ApiError";
    this.status = status;
    this.body = body;
  }

  get code(): string {
    return this.body.code;
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request to the server. Raises `ApiError` for every failure except an abort. */
export async function request<T>(method: Method, path: ApiPath, options: RequestOptions = {}): Promise<T> {
  const response = await ask(method, path, options);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** The same where the answer is a file. */
export async function requestFile(method: Method, path: ApiPath, options: RequestOptions = {}): Promise<Blob> {
  return (await ask(method, path, options)).blob();
}

async function ask(method: Method, path: ApiPath, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json", "accept-language": languageTag() };
  const init: RequestInit = { method, headers };
  if (options.signal) init.signal = options.signal;
  if (options.body instanceof FormData || options.body instanceof Blob) init.body = options.body;
  else if (options.body !== undefined) {
    init.body = JSON.stringify(options.body);
    headers["content-type"] = "application/json";
  }
  const response = await send(apiUrl(path, options.query), init);
  if (!response.ok) throw await readError(response);
  return response;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, {
      code: "offline",
      message: t("The studio does not answer."),
      remedy: t("Check that the server is running; the page goes on by itself when it is back."),
    });
  }
}

async function readError(response: Response): Promise<ApiError> {
  return errorOf(response.status, await response.text().catch(() => ""));
}

/** An answer that is no success, as the server's error body says it; in its absence a sentence for the status. */
export function errorOf(status: number, text: string): ApiError {
  const fallback: ErrorBody = { code: "http_error", message: t("The server answered {{status}}.", { status }) };
  try {
    const { error } = JSON.parse(text) as { error?: ErrorBody | string };
    return new ApiError(status, typeof error === "string" ? { ...fallback, message: error } : (error ?? fallback));
  } catch {
    return new ApiError(status, fallback); // not the studio's own answer: a proxy in between, say
  }
}
