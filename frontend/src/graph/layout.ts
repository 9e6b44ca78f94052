import dagre from "@dagrejs/dagre";

import type { Graph } from "@/api/types";

import { groupsAround } from "./groups";
import { connectionsOf } from "./model";
import { ranks } from "./order";
import { arrangeInRows, GAP, type Layout, NODE_SIZE, type Size } from "./rows";

/** dagre recurses: a chain of some thousands overflows its stack, and large graphs take it seconds. */
const DAGRE_LIMIT = 1200;
const LANE = 40;

/** Places for all nodes, from top to bottom. Good for small graphs, quick for large ones. */
export function arrange(graph: Graph, size: Size = NODE_SIZE): Layout {
  if (graph.nodes.length > DAGRE_LIMIT) return arrangeInRows(graph, size);
  try {
    return arrangeWithDagre(graph, size);
  } catch {
    return arrangeInRows(graph, size); // too deep for dagre
  }
}

export function arrangeWithDagre(graph: Graph, size: Size = NODE_SIZE): Layout {
  const framed = new Map(graph.nodes.map(({ id }) => [id, groupsAround(graph, id)]));
  const frames = new Set([...framed.values()].flat());
  const plan = new dagre.graphlib.Graph({ compound: frames.size > 0 });
  plan.setGraph({ rankdir: "TB", nodesep: GAP.width, ranksep: GAP.height, ranker: "network-simplex" });
  plan.setDefaultEdgeLabel(() => ({}));
  for (const { id } of graph.nodes) plan.setNode(id, { ...size });
  for (const frame of frames) plan.setNode(frame, {});
  // What stands in one frame stands together.
  for (const around of [...framed].map(([id, groups]) => [id, ...groups]))
    around.forEach((id, at) => {
      const parent = around[at + 1];
      if (parent !== undefined) plan.setParent(id, parent);
    });
  const rank = ranks(graph);
  for (const { from, to } of connectionsOf(graph)) {
    // A connection past other rows is drawn straight: it is given a lane of its own that no node stands in.
    const isLong = (rank.get(to) ?? 0) - (rank.get(from) ?? 0) > 1;
    plan.setEdge(from, to, isLong ? { width: LANE, height: 0, labelpos: "c", weight: 2 } : {});
  }
  dagre.layout(plan);
  return Object.fromEntries(
    graph.nodes.map(({ id }) => {
      const { x, y } = plan.node(id) as { x: number; y: number };
      return [id, [Math.round(x - size.width / 2), Math.round(y - size.height / 2)]];
    }),
  );
}
