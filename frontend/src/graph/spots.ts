import type { Graph, Position } from "@/api/types";

import { positionOf } from "./model";
import { type Layout, NODE_SIZE } from "./rows";

/** The next place at or below a wanted one that no other node covers. */
export function freeSpot(graph: Graph, wanted: Position): Position {
  const spots = graph.nodes.map((node) => positionOf(graph, node.id));
  let [x, y] = wanted;
  const covered = (): boolean =>
    spots.some(([ox, oy]) => Math.abs(ox - x) < NODE_SIZE.width * 0.6 && Math.abs(oy - y) < NODE_SIZE.height);
  while (covered()) {
    x += 24;
    y += NODE_SIZE.height / 2;
  }
  return [x, y];
}

export type Alignment = "left" | "centre" | "top";

/** Places of the chosen nodes on one line. */
export function align(graph: Graph, ids: readonly string[], alignment: Alignment): Layout {
  const spots = ids.map((id): [string, Position] => [id, positionOf(graph, id)]);
  const xs = spots.map(([, [x]]) => x);
  const ys = spots.map(([, [, y]]) => y);
  const middle = (Math.min(...xs) + Math.max(...xs)) / 2;
  return Object.fromEntries(
    spots.map(([id, [x, y]]): [string, Position] => {
      if (alignment === "left") return [id, [Math.min(...xs), y]];
      if (alignment === "centre") return [id, [Math.round(middle), y]];
      return [id, [x, Math.min(...ys)]];
    }),
  );
}
