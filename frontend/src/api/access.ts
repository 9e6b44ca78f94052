import { baseUrl, request } from "./client";
import type { ApiKey, KeyScope, NewApiKey, NewShare, Page, Share, Shared, SharedKind } from "./types";

const LIMIT = 500;

export const listKeys = (signal?: AbortSignal): Promise<Page<ApiKey>> =>
  request("GET", "api/keys", { query: { limit: LIMIT }, signal });

export const createKey = (key: { name: string; scope: KeyScope; expires_at: string | null }): Promise<NewApiKey> =>
  request("POST", "api/keys", { body: key });

export const revokeKey = (id: string): Promise<void> => request("DELETE", `api/keys/${id}`);

/** What a link leads to: a run or a project by its id, a model by its name and version. */
export interface ShareTarget {
  kind: SharedKind;
  target: string;
  version: number | null;
}

export const listShares = (of: Partial<ShareTarget> = {}, signal?: AbortSignal): Promise<Page<Share>> =>
  request("GET", "api/shares", { query: { kind: of.kind, target: of.target, limit: LIMIT }, signal });

export const createShare = (share: ShareTarget & { expires_at: string | null }): Promise<NewShare> =>
  request("POST", "api/shares", { body: share });

export const revokeShare = (id: string): Promise<void> => request("DELETE", `api/shares/${id}`);

/** What the link shows by which the page was opened. */
export const getShared = (signal?: AbortSignal): Promise<Shared> => request("GET", "api/share", { signal });

/** The whole address of a link that was just made. */
export const shareUrl = ({ path }: NewShare): string => new URL(path, baseUrl()).toString();

/** Whether the page was opened by a share link: all it asks then goes below that link. */
export const isShared = (): boolean => /\/share\/[^/]+\/$/.test(baseUrl().pathname);
