import type { Graph, Position } from "@/api/types";

import { connectionsOf, readReference } from "./model";
import { ranks, topologicalOrder } from "./order";

export type Layout = Record<string, Position>;

export interface Size {
  width: number;
  height: number;
}

/** The size nodes are drawn at; the layout needs it before anything is drawn. */
export const NODE_SIZE: Size = { width: 196, height: 54 };
export const GAP: Size = { width: 44, height: 40 };

/** Rows by longest way from the inputs; within a row each node leans towards what it reads. Linear time. */
export function arrangeInRows(graph: Graph, size: Size = NODE_SIZE): Layout {
  const rank = ranks(graph);
  const sources = new Map<string, string[]>();
  for (const { from, to } of connectionsOf(graph)) sources.set(to, [...(sources.get(to) ?? []), from]);
  const rows: string[][] = [];
  for (const id of topologicalOrder(graph)) (rows[rank.get(id) ?? 0] ??= []).push(id);
  const column = new Map<string, number>();
  for (const row of rows) {
    const wish = new Map(row.map((id) => [id, mean((sources.get(id) ?? []).map((from) => column.get(from) ?? 0))]));
    row.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
    const centre = mean(row.map((id) => wish.get(id) ?? 0));
    row.forEach((id, at) => column.set(id, centre + at - (row.length - 1) / 2));
  }
  return Object.fromEntries(
    graph.nodes.map(({ id }) => [
      id,
      [
        Math.round((column.get(id) ?? 0) * (size.width + GAP.width)),
        Math.round((rank.get(id) ?? 0) * (size.height + GAP.height)),
      ],
    ]),
  );
}

function mean(values: number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The stored places, with computed ones for nodes that have none. */
export function completeLayout(graph: Graph): Layout {
  const placed = new Map(Object.entries(graph.layout));
  if (graph.nodes.every((node) => !placed.has(node.id))) return arrangeInRows(graph);
  const sources = new Map(graph.nodes.map((node) => [node.id, Object.values(node.inputs).map((one) => readReference(one)[0])]));
  let bottom = Math.max(...[...placed.values()].map(([, y]) => y));
  for (const id of topologicalOrder(graph)) {
    if (placed.has(id)) continue;
    const above = (sources.get(id) ?? []).map((from) => placed.get(from)).find((at) => at !== undefined);
    bottom += NODE_SIZE.height + GAP.height;
    placed.set(id, above ? [above[0] + NODE_SIZE.width + GAP.width, above[1] + NODE_SIZE.height + GAP.height] : [0, bottom]);
  }
  return Object.fromEntries(placed);
}
