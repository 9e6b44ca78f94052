import type { Graph, Position } from "@/api/types";

import { findNode, positionOf, readReference } from "./model";
import { downstream } from "./order";
import { GAP, type Layout, NODE_SIZE } from "./rows";

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

/** Places on one line for things that stand there now. */
export function align(places: Readonly<Layout>, alignment: Alignment): Layout {
  const spots = Object.entries(places);
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

const PITCH = NODE_SIZE.height + GAP.height;

/** Finds room for nodes that came without a place: under what they read, and what follows them moves down. */
export function placeInserted(graph: Graph, ids: readonly string[]): Graph {
  return ids.reduce((placed, id) => {
    const node = findNode(placed, id);
    if (!node || placed.layout[id]) return placed;
    const sources = Object.values(node.inputs)
      .map((reference) => placed.layout[readReference(reference)[0]])
      .filter((at) => at !== undefined);
    const [first] = sources;
    if (!first) return { ...placed, layout: { ...placed.layout, [id]: underEverything(placed) } };
    const place: Position = [first[0], Math.max(...sources.map(([, y]) => y)) + PITCH];
    const followers = [...downstream(placed, [id])].filter((one) => one !== id && placed.layout[one] !== undefined);
    const isTight = followers.some((one) => positionOf(placed, one)[1] < place[1] + PITCH);
    const shifted = (isTight ? followers : []).map((one): [string, Position] => {
      const [x, y] = positionOf(placed, one);
      return [one, [x, y + PITCH]];
    });
    return { ...placed, layout: { ...placed.layout, ...Object.fromEntries(shifted), [id]: place } };
  }, graph);
}

function underEverything(graph: Graph): Position {
  const spots = Object.values(graph.layout);
  if (spots.length === 0) return [0, 0];
  return [Math.min(...spots.map(([x]) => x)), Math.max(...spots.map(([, y]) => y)) + PITCH];
}
