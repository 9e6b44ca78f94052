import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useState } from "react";

import { probeGraph } from "@/api/inspect";
import type { Graph, NodeView, ProbeReply } from "@/api/types";

const SETTLED_MS = 350;

export interface Drawn {
  graph: Graph;
  dataset: string | null;
  initializer: string;
  seed: number;
}

/** One sample through the drawn network, asked for anew once nothing was changed for a moment; nothing for null. */
export function useGraphProbe(drawn: Drawn | null, index: number, node: string | null) {
  const wanted = useSettled(drawn && JSON.stringify({ ...drawn, graph: { ...drawn.graph, layout: {} }, index }));
  return useQuery({
    queryKey: ["probe", "graph", wanted, node],
    queryFn: ({ signal }) => probeGraph({ ...(JSON.parse(wanted ?? "") as Drawn & { index: number }), node, split: "test" }, signal),
    enabled: wanted !== null,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
}

/** A value once it has stayed the same for a moment; the first one, and null, at once. */
function useSettled(value: string | null): string | null {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return value === null ? null : (settled ?? value);
}

export interface Look {
  views: ReadonlyMap<string, NodeView>;
  /** Opens a node's picture in detail. */
  open: (node: string) => void;
}

/** What nodes show; null while nobody looks. */
export const LookContext = createContext<Look | null>(null);

export const useLook = (): Look | null => useContext(LookContext);

export const viewsOf = (reply: ProbeReply | undefined): ReadonlyMap<string, NodeView> =>
  new Map((reply?.nodes ?? []).map((view) => [view.node, view]));
