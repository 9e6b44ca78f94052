import type { Graph, Position } from "@/api/types";
import { type Fold, itemPosition } from "@/graph/fold";
import { connectionId } from "@/graph/model";
import { GAP, NODE_SIZE } from "@/graph/rows";

const MARGIN = 22;
const PITCH = NODE_SIZE.height + GAP.height;

interface Row {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const known = new WeakMap<Graph["layout"], { fold: Fold; lanes: Map<string, number> }>();

/** The lanes of a drawing, worked out anew only when something moved. */
export function lanesOf(graph: Graph, fold: Fold): Map<string, number> {
  const before = known.get(graph.layout);
  if (before?.fold === fold) return before.lanes;
  const lanes = findLanes(graph, fold);
  known.set(graph.layout, { fold, lanes });
  return lanes;
}

/**
 * Ways around for connections that would run behind other nodes: connection id → x of a lane beside those nodes.
 * Short connections have no entry.
 */
export function findLanes(graph: Graph, fold: Fold): Map<string, number> {
  const place = (id: string): Position => itemPosition(graph, fold, fold.shownAs(id));
  const long = fold.connections.flatMap((connection) => {
    const [start, end] = [place(connection.from), place(connection.to)];
    return end[1] - start[1] > PITCH * 1.5 ? [{ connection, start, end }] : [];
  });
  if (long.length === 0) return new Map();
  const rows = [...fold.nodes.map(({ id }) => id), ...fold.blocks.keys()].map((id): Row => {
    const [left, top] = itemPosition(graph, fold, id);
    return { left, right: left + NODE_SIZE.width, top, bottom: top + NODE_SIZE.height };
  });
  return new Map(
    long.flatMap(({ connection, start, end }): [string, number][] => {
      const lane = laneFor(rows, start, end);
      return lane === null ? [] : [[connectionId(connection), lane]];
    }),
  );
}

function laneFor(rows: Row[], start: Position, end: Position): number | null {
  const x1 = start[0] + NODE_SIZE.width / 2;
  const x2 = end[0] + NODE_SIZE.width / 2;
  const between = rows.filter((row) => row.bottom > start[1] + NODE_SIZE.height && row.top < end[1]);
  const blocks = (left: number, right: number): Row[] =>
    between.filter((row) => row.right > left - MARGIN / 2 && row.left < right + MARGIN / 2);
  const inTheWay = blocks(Math.min(x1, x2), Math.max(x1, x2));
  if (inTheWay.length === 0) return null;
  // Right first: of two equal ways the right one ends nearer to the later ports.
  const lanes = [
    clear(blocks, Math.max(...inTheWay.map((row) => row.right)), 1),
    clear(blocks, Math.min(...inTheWay.map((row) => row.left)), -1),
  ];
  const cost = (lane: number): number => Math.abs(lane - x1) + Math.abs(lane - x2);
  return lanes.reduce((best, lane) => (cost(lane) < cost(best) ? lane : best));
}

/** Goes on outwards from an edge until nothing is in the way. */
function clear(blocks: (left: number, right: number) => Row[], from: number, side: 1 | -1): number {
  let lane = from + side * MARGIN;
  for (let hits = blocks(lane, lane); hits.length > 0; hits = blocks(lane, lane)) {
    const edges = hits.map((row) => (side > 0 ? row.right : row.left));
    lane = (side > 0 ? Math.max(...edges) : Math.min(...edges)) + side * MARGIN;
  }
  return lane;
}

/** A path down a lane: out of the source, along x = `lane`, into the target. */
export function lanePath(sourceX: number, sourceY: number, targetX: number, targetY: number, lane: number): string {
  const turn = Math.min(GAP.height + 14, (targetY - sourceY) / 2);
  const [down, up] = [sourceY + turn, targetY - turn];
  return [
    `M${sourceX},${sourceY}`,
    `C${sourceX},${sourceY + turn * 0.7} ${lane},${sourceY + turn * 0.3} ${lane},${down}`,
    `L${lane},${up}`,
    `C${lane},${targetY - turn * 0.3} ${targetX},${targetY - turn * 0.7} ${targetX},${targetY}`,
  ].join(" ");
}
