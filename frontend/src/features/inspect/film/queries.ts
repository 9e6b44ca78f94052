import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { getHistory, getInside, getSnapshot } from "@/api/inspect";
import type { HistoryKind } from "@/api/types";

/** New snapshots can come many times a second; nobody sees more than this. */
const LIVE_MS = 700;

/** Which steps of a run were looked at; asked again, at most so often, when `newest` says there are more. */
export function useInside(run: string, newest: number | null) {
  const client = useQueryClient();
  const asked = useRef(0);
  useEffect(() => {
    if (newest === null) return;
    const wait = Math.max(0, asked.current + LIVE_MS - Date.now());
    const timer = setTimeout(() => {
      asked.current = Date.now();
      void client.invalidateQueries({ queryKey: ["inside", run] });
    }, wait);
    return () => clearTimeout(timer);
  }, [client, run, newest]);
  return useQuery({ queryKey: ["inside", run], queryFn: ({ signal }) => getInside(run, signal) });
}

export const useSnapshot = (run: string, step: number | null) =>
  useQuery({
    queryKey: ["snapshot", run, step],
    queryFn: ({ signal }) => getSnapshot(run, step ?? 0, signal),
    enabled: step !== null,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });

/** The histograms of one tensor over all snapshots; `last` is the newest of them. */
export const useHistory = (run: string, name: string | null, kind: HistoryKind, last: number | null) =>
  useQuery({
    queryKey: ["history", run, name, kind, last],
    queryFn: ({ signal }) => getHistory(run, name ?? "", kind, signal),
    enabled: name !== null,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 30_000,
    retry: false,
  });
