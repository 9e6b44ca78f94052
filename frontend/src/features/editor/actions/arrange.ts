import type { Graph } from "@/api/types";
import { foldedGraph, foldOf, movesOf } from "@/graph/fold";
import { findNode } from "@/graph/model";
import { arrangeInRows, type Layout } from "@/graph/rows";
import { t } from "@/i18n";

import type { Session } from "../session/session";

/** Works a layout out beside the page, so that it stays fluid; in rows, at once, where there are no workers. */
export function requestLayout(graph: Graph): Promise<Layout> {
  if (typeof Worker === "undefined") return Promise.resolve(arrangeInRows(graph));
  return new Promise((resolve) => {
    const worker = new Worker(new URL("../../../graph/layout.worker.ts", import.meta.url), { type: "module" });
    const finish = (layout: Layout): void => {
      worker.terminate();
      resolve(layout);
    };
    worker.onmessage = ({ data }: MessageEvent<Layout>) => finish(data);
    worker.onerror = () => finish(arrangeInRows(graph));
    worker.postMessage(graph);
  });
}

/** Arranges the whole graph as one step; what was deleted while it was worked out is left out. */
export async function arrangeGraph(session: Session): Promise<void> {
  const asked = session.store.getState().graph;
  const layout = await requestLayout(foldedGraph(asked, foldOf(asked, session.operators)));
  const { graph } = session.store.getState();
  const fold = foldOf(graph, session.operators);
  const drawn = Object.entries(layout).filter(([id]) => findNode(graph, id) ?? fold.blocks.has(id));
  session.act(t("Arrange"), [{ type: "move-nodes", positions: movesOf(graph, fold, Object.fromEntries(drawn)) }]);
}
