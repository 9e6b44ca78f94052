import type { Graph } from "@/api/types";
import { type Connection, connectionsOf } from "@/graph/model";
import { ranks } from "@/graph/order";
import { arrangeInRows } from "@/graph/rows";

const BLOCK = { width: 36, height: 62 };
const STEP = { along: 56, across: 96 };
const EDGE = 18;
const LEAST_STEPS = 9;

interface Block {
  id: string;
  op: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Sketch {
  nodes: Block[];
  lines: (Connection & { path: string })[];
  box: [x: number, y: number, width: number, height: number];
}

/** A network lying on its side, because cards are wider than high; its own layout would be a thin column. */
export function sketch(graph: Graph): Sketch {
  const rank = ranks(graph);
  const rows = arrangeInRows(graph, { width: STEP.across - 44, height: 0 });
  const nodes = graph.nodes.map(({ id, op }) => ({
    id,
    op,
    x: (rank.get(id) ?? 0) * STEP.along,
    y: rows[id]?.[0] ?? 0,
    ...BLOCK,
  }));
  const at = new Map(nodes.map((node) => [node.id, node]));
  const lines = connectionsOf(graph).flatMap((connection) => {
    const from = at.get(connection.from);
    const to = at.get(connection.to);
    return from && to ? [{ ...connection, path: curve(from, to) }] : [];
  });
  return { nodes, lines, box: boxAround(nodes) };
}

function curve(from: Block, to: Block): string {
  const [x1, y1] = [from.x + from.width, from.y + from.height / 2];
  const [x2, y2] = [to.x, to.y + to.height / 2];
  const span = to.x - from.x;
  // A way past other blocks bends around them.
  const bend = span > STEP.along * 1.5 && y1 === y2 ? BLOCK.height * 0.85 : 0;
  const pull = span / 3;
  return `M${x1} ${y1}C${x1 + pull} ${y1 + bend} ${x2 - pull} ${y2 + bend} ${x2} ${y2}`;
}

function boxAround(nodes: Block[]): Sketch["box"] {
  if (nodes.length === 0) return [0, 0, 1, 1];
  const left = Math.min(...nodes.map((node) => node.x)) - EDGE;
  const top = Math.min(...nodes.map((node) => node.y)) - EDGE;
  const right = Math.max(...nodes.map((node) => node.x + node.width)) + EDGE;
  const bottom = Math.max(...nodes.map((node) => node.y + node.height)) + EDGE;
  // Small networks are not blown up: blocks have one size on all cards.
  const width = Math.max(right - left, STEP.along * LEAST_STEPS);
  return [(left + right - width) / 2, top, width, bottom - top];
}
