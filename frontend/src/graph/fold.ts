import type { Graph, GraphNode, NodeGroup, OperatorInfo, Position } from "@/api/types";

import { findGroup, groupsAround, nodesIn } from "./groups";
import { type Connection, connectionId, connectionsOf, findNode, positionOf, writeReference } from "./model";
import { inputPorts } from "./ports";
import { type Layout, NODE_SIZE } from "./rows";

/** A port of a collapsed group: where inside it leads. One line may feed several members. */
export interface BlockInput {
  id: string;
  targets: { to: string; port: string }[];
}

export interface BlockOutput {
  /** The reference inside: "conv2" or "split:first". */
  id: string;
  from: string;
  output: string | null;
}

/** A collapsed group as it is drawn: one block. */
export interface Block {
  group: NodeGroup;
  nodes: readonly string[];
  inputs: BlockInput[];
  outputs: BlockOutput[];
}

/** An open group that can be seen: a frame around what is in it. */
export interface Frame {
  group: NodeGroup;
  nodes: readonly string[];
  depth: number;
}

/** What of a graph is drawn while some groups are collapsed. */
export interface Fold {
  nodes: readonly GraphNode[];
  blocks: ReadonlyMap<string, Block>;
  frames: readonly Frame[];
  /** Connections that are drawn; of several from one output into one block the first. */
  connections: readonly Connection[];
  /** The block that stands for a node, or the node itself. */
  shownAs: (id: string) => string;
}

const folds = new WeakMap<Graph["nodes"], { groups: Graph["groups"]; outputs: Graph["outputs"]; fold: Fold }>();

export function foldOf(graph: Graph, operators: ReadonlyMap<string, OperatorInfo>): Fold {
  const known = folds.get(graph.nodes);
  if (known?.groups === graph.groups && known.outputs === graph.outputs) return known.fold;
  const fold = makeFold(graph, operators);
  folds.set(graph.nodes, { groups: graph.groups, outputs: graph.outputs, fold });
  return fold;
}

function makeFold(graph: Graph, operators: ReadonlyMap<string, OperatorInfo>): Fold {
  if (graph.groups.length === 0) {
    return { nodes: graph.nodes, blocks: new Map(), frames: [], connections: connectionsOf(graph), shownAs: (id) => id };
  }
  const hiddenIn = new Map<string, string>();
  for (const { id } of [...graph.nodes, ...graph.groups]) {
    const outermost = groupsAround(graph, id).filter((one) => findGroup(graph, one)?.collapsed).at(-1);
    if (outermost !== undefined) hiddenIn.set(id, outermost);
  }
  const shownAs = (id: string): string => hiddenIn.get(id) ?? id;
  const seen = graph.groups.filter((group) => !hiddenIn.has(group.id));
  const blocks = new Map(
    seen.filter((group) => group.collapsed).map((group) => [group.id, makeBlock(graph, group, operators)]),
  );
  const frames = seen
    .filter((group) => !group.collapsed)
    .map((group) => ({ group, nodes: nodesIn(graph, group.id), depth: groupsAround(graph, group.id).length }))
    .filter((frame) => frame.nodes.length > 0);
  const first = new Set([...blocks.values()].flatMap((block) => block.inputs.map((input) => input.id)));
  const connections = connectionsOf(graph).filter(({ from, to, port }) => {
    const [source, target] = [shownAs(from), shownAs(to)];
    return source !== target && (!blocks.has(target) || first.has(connectionId({ to, port })));
  });
  return { nodes: graph.nodes.filter(({ id }) => !hiddenIn.has(id)), blocks, frames, connections, shownAs };
}

function makeBlock(graph: Graph, group: NodeGroup, operators: ReadonlyMap<string, OperatorInfo>): Block {
  const nodes = nodesIn(graph, group.id);
  const inside = new Set(nodes);
  return { group, nodes, inputs: inputsOf(graph, inside, operators), outputs: outputsOf(graph, inside) };
}

/** One port for each reference that enters, and one for each data port that still waits for a connection. */
function inputsOf(graph: Graph, inside: ReadonlySet<string>, operators: ReadonlyMap<string, OperatorInfo>): BlockInput[] {
  const entering = new Map<string, BlockInput>();
  for (const { from, output, to, port } of connectionsOf(graph)) {
    if (!inside.has(to) || inside.has(from)) continue;
    const reference = writeReference(from, output);
    const known = entering.get(reference);
    if (known) known.targets.push({ to, port });
    else entering.set(reference, { id: connectionId({ to, port }), targets: [{ to, port }] });
  }
  const waiting = [...inside].flatMap((id): BlockInput[] => {
    const node = findNode(graph, id);
    const ports = node ? inputPorts(node, operators.get(node.op)) : [];
    return ports
      .filter((port) => port.kind === "data" && !port.optional && node?.inputs[port.name] === undefined)
      .map(({ name }) => ({ id: connectionId({ to: id, port: name }), targets: [{ to: id, port: name }] }));
  });
  return [...entering.values(), ...waiting];
}

/** What is read outside or given as a result; where that is nothing, what nobody reads. */
function outputsOf(graph: Graph, inside: ReadonlySet<string>): BlockOutput[] {
  const found = new Map<string, BlockOutput>();
  const read = new Set<string>();
  for (const { from, output, to } of connectionsOf(graph)) {
    if (!inside.has(from)) continue;
    if (inside.has(to)) read.add(from);
    else found.set(writeReference(from, output), { id: writeReference(from, output), from, output });
  }
  for (const reference of graph.outputs) {
    const [from, output = null] = reference.split(":");
    if (from !== undefined && inside.has(from)) found.set(reference, { id: reference, from, output });
  }
  if (found.size > 0) return [...found.values()];
  return [...inside].filter((id) => !read.has(id)).map((id) => ({ id, from: id, output: null }));
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The rectangle around nodes that stand there. */
function boxAround(spots: readonly Position[]): Box {
  return {
    left: Math.min(...spots.map(([x]) => x)),
    top: Math.min(...spots.map(([, y]) => y)),
    right: Math.max(...spots.map(([x]) => x)) + NODE_SIZE.width,
    bottom: Math.max(...spots.map(([, y]) => y)) + NODE_SIZE.height,
  };
}

/** A block stands where the middle of its nodes is, so that it opens around itself. */
export function blockPosition(graph: Graph, block: Block): Position {
  const { left, top, right, bottom } = boxAround(block.nodes.map((id) => positionOf(graph, id)));
  return [Math.round((left + right - NODE_SIZE.width) / 2), Math.round((top + bottom - NODE_SIZE.height) / 2)];
}

/** Room between a frame's lines and its nodes; its title stands in the upper one. */
export const FRAME = { side: 20, top: 36, bottom: 20, deeper: 14 };

/** Where a frame is drawn; one around others is larger than they are. */
export function frameBox(graph: Graph, fold: Fold, frame: Frame): Box {
  const inner = fold.frames.filter((one) => one !== frame && groupsAround(graph, one.group.id).includes(frame.group.id));
  const extra = FRAME.deeper * Math.max(0, ...inner.map((one) => one.depth - frame.depth));
  const box = boxAround(drawnIn(graph, fold, frame));
  return {
    left: box.left - FRAME.side - extra,
    top: box.top - FRAME.top - 2 * extra,
    right: box.right + FRAME.side + extra,
    bottom: box.bottom + FRAME.bottom + extra,
  };
}

/** What stands in a frame: the nodes of blocks in it are drawn where the block is. */
function drawnIn(graph: Graph, fold: Fold, frame: Frame): Position[] {
  const items = new Set(frame.nodes.map(fold.shownAs));
  return [...items].map((id) => itemPosition(graph, fold, id));
}

/** Where a node or block is drawn. */
export function itemPosition(graph: Graph, fold: Fold, id: string): Position {
  const block = fold.blocks.get(id);
  return block ? blockPosition(graph, block) : positionOf(graph, id);
}

/** Moves of nodes, blocks and frames as moves of nodes: blocks and frames take all that is in them along. */
export function movesOf(graph: Graph, fold: Fold, moved: Readonly<Record<string, Position>>): Record<string, Position> {
  const shifted = (nodes: readonly string[], dx: number, dy: number): [string, Position][] =>
    nodes.map((node) => {
      const [x, y] = positionOf(graph, node);
      return [node, [x + dx, y + dy]];
    });
  return Object.fromEntries(
    Object.entries(moved).flatMap(([id, [x, y]]): [string, Position][] => {
      const block = fold.blocks.get(id);
      if (block) {
        const [oldX, oldY] = blockPosition(graph, block);
        return shifted(block.nodes, x - oldX, y - oldY);
      }
      const frame = fold.frames.find((one) => one.group.id === id);
      if (!frame) return [[id, [x, y]]];
      const { left, top } = frameBox(graph, fold, frame);
      return shifted(frame.nodes, x - left, y - top);
    }),
  );
}

const CLEAR = 12;

/** Moves that keep frames off what stands outside of them: the rest of the graph goes down by what is missing. */
export function roomForFrames(graph: Graph, operators: ReadonlyMap<string, OperatorInfo>, opened: readonly string[]): Layout {
  const start = graph.layout;
  let now = graph;
  for (const id of opened) {
    const fold = foldOf(now, operators);
    const frame = fold.frames.find(({ group }) => group.id === id);
    if (!frame) continue;
    for (const edge of ["top", "bottom"] as const) now = pushDown(now, foldOf(now, operators), frame, edge);
  }
  const moved = Object.entries(now.layout).filter(([id, at]) => start[id] !== at);
  return Object.fromEntries(moved);
}

function pushDown(graph: Graph, fold: Fold, frame: Frame, edge: "top" | "bottom"): Graph {
  const box = frameBox(graph, fold, frame);
  const inner = boxAround(drawnIn(graph, fold, frame));
  const inside = new Set(frame.nodes.map(fold.shownAs));
  const others = [...fold.nodes.map(({ id }) => id), ...fold.blocks.keys()]
    .filter((id) => !inside.has(id))
    .map((id) => itemPosition(graph, fold, id))
    .filter(([x]) => x < box.right && x + NODE_SIZE.width > box.left);
  const missing =
    edge === "top"
      ? others.filter(([, y]) => y < inner.top).map(([, y]) => y + NODE_SIZE.height + CLEAR - box.top)
      : others.filter(([, y]) => y >= inner.bottom).map(([, y]) => box.bottom + CLEAR - y);
  const by = Math.max(0, ...missing);
  if (by === 0) return graph;
  const from = edge === "top" ? inner.top : inner.bottom;
  const below = [...fold.nodes.map(({ id }) => id), ...fold.blocks.keys()].filter((id) => itemPosition(graph, fold, id)[1] >= from);
  const moves = movesOf(
    graph,
    fold,
    Object.fromEntries(
      below.map((id): [string, Position] => {
        const [x, y] = itemPosition(graph, fold, id);
        return [id, [x, y + by]];
      }),
    ),
  );
  return { ...graph, layout: { ...graph.layout, ...moves } };
}

/** The graph as it is drawn, blocks as nodes: what a layout arranges. */
export function foldedGraph(graph: Graph, fold: Fold): Graph {
  if (fold.blocks.size === 0) return graph;
  const inputs = new Map<string, Record<string, string>>();
  for (const { from, to, port } of fold.connections) {
    const target = fold.shownAs(to);
    inputs.set(target, { ...inputs.get(target), [`${to}.${port}`]: fold.shownAs(from) });
  }
  const items = [...fold.nodes.map(({ id, op }) => ({ id, op })), ...[...fold.blocks.keys()].map((id) => ({ id, op: "" }))];
  const nodes = items.map(({ id, op }) => ({ id, op, params: {}, inputs: inputs.get(id) ?? {} }));
  const layout = Object.fromEntries(items.map(({ id }) => [id, itemPosition(graph, fold, id)]));
  return { ...graph, nodes, layout, outputs: [] };
}
