import type { Graph } from "@/api/types";
import { foldedGraph, foldOf, movesOf } from "@/graph/fold";
import { findNode } from "@/graph/model";
import { arrangeInRows, type Layout } from "@/graph/rows";
import { t } from "@/i18n";

import type { Session } from "../session/session";
import type { UiStore } from "../ui";

/** A layout that takes no longer than this needs no notice. */
const NOTICE_MS = 200;

/**
 * Works a layout out beside the page, so that it stays fluid; in rows, at once, where there are no workers. Null when
 * it was stopped.
 */
export function requestLayout(graph: Graph, signal?: AbortSignal): Promise<Layout | null> {
  if (signal?.aborted) return Promise.resolve(null);
  if (typeof Worker === "undefined") return Promise.resolve(arrangeInRows(graph));
  return new Promise((resolve) => {
    const worker = new Worker(new URL("../../../graph/layout.worker.ts", import.meta.url), { type: "module" });
    const finish = (layout: Layout | null): void => {
      worker.terminate();
      resolve(layout);
    };
    worker.onmessage = ({ data }: MessageEvent<Layout>) => finish(data);
    worker.onerror = () => finish(arrangeInRows(graph));
    signal?.addEventListener("abort", () => finish(null), { once: true });
    worker.postMessage(graph);
  });
}

/**
 * Arranges the whole graph as one step; what was deleted while it was worked out is left out. It can be stopped, and is
 * by being asked for again. True when the graph was arranged.
 */
export async function arrangeGraph(session: Session, ui: UiStore): Promise<boolean> {
  ui.getState().stopArranging?.();
  const asked = session.store.getState().graph;
  const stopper = new AbortController();
  const stop = (): void => stopper.abort();
  const notice = setTimeout(() => ui.setState({ stopArranging: stop }), NOTICE_MS);
  const layout = await requestLayout(foldedGraph(asked, foldOf(asked, session.operators)), stopper.signal);
  clearTimeout(notice);
  if (ui.getState().stopArranging === stop) ui.setState({ stopArranging: null });
  if (!layout) return false;
  const { graph } = session.store.getState();
  const fold = foldOf(graph, session.operators);
  const drawn = Object.entries(layout).filter(([id]) => findNode(graph, id) ?? fold.blocks.has(id));
  session.act(t("Arrange"), [{ type: "move-nodes", positions: movesOf(graph, fold, Object.fromEntries(drawn)) }]);
  return true;
}
