import type { Graph, GraphNode, Position } from "@/api/types";

export const ID_PATTERN = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** One connection, read out of the `inputs` of the node it ends at. */
export interface Connection {
  from: string;
  /** Output name or index as written after the colon; null for the only (or first) output. */
  output: string | null;
  to: string;
  port: string;
}

export function emptyGraph(name = "Untitled"): Graph {
  return { format: "netwright-graph", version: 1, name, nodes: [], outputs: [], layout: {}, groups: [] };
}

/** "conv1:mask" → ["conv1", "mask"]; "conv1" → ["conv1", null]. */
export function readReference(reference: string): [node: string, output: string | null] {
  const colon = reference.indexOf(":");
  return colon < 0 ? [reference, null] : [reference.slice(0, colon), reference.slice(colon + 1)];
}

export function writeReference(node: string, output: string | null): string {
  return output === null ? node : `${node}:${output}`;
}

/** What follows from a graph's nodes, worked out once: a graph is never changed in place. */
function derived<T>(derive: (nodes: GraphNode[]) => T): (graph: Graph) => T {
  const known = new WeakMap<GraphNode[], { value: T }>();
  return ({ nodes }) => {
    let found = known.get(nodes);
    if (!found) known.set(nodes, (found = { value: derive(nodes) }));
    return found.value;
  };
}

const indexOf = derived((nodes): ReadonlyMap<string, GraphNode> => new Map(nodes.map((node) => [node.id, node])));

export function findNode(graph: Graph, id: string): GraphNode | undefined {
  return indexOf(graph).get(id);
}

const written = new WeakMap<GraphNode, readonly Connection[]>();

/** What a node reads, as it says itself: the same objects as long as the node is the same. */
function connectionsTo(node: GraphNode): readonly Connection[] {
  let found = written.get(node);
  if (!found) {
    found = Object.entries(node.inputs).map(([port, reference]) => {
      const [from, output] = readReference(reference);
      return { from, output, to: node.id, port };
    });
    written.set(node, found);
  }
  return found;
}

/** All connections whose two ends exist; a dangling reference is the check's to report. */
export const connectionsOf = derived((nodes): readonly Connection[] => {
  const known = new Set(nodes.map((node) => node.id));
  return nodes.flatMap((node) => connectionsTo(node).filter(({ from }) => known.has(from)));
});

/** node → the nodes that read it. */
export const consumersOf = derived((nodes): ReadonlyMap<string, readonly string[]> => {
  const consumers = new Map<string, string[]>(nodes.map((node) => [node.id, []]));
  for (const { id, inputs } of nodes) {
    for (const reference of Object.values(inputs)) consumers.get(readReference(reference)[0])?.push(id);
  }
  return consumers;
});

export function connectionId({ to, port }: Pick<Connection, "to" | "port">): string {
  return `${to}.${port}`;
}

/** The connection of an id, if its two ends exist. */
export function findConnection(graph: Graph, id: string): Connection | undefined {
  const dot = id.indexOf(".");
  const [to, port] = [id.slice(0, dot), id.slice(dot + 1)];
  const reference = findNode(graph, to)?.inputs[port];
  if (reference === undefined) return undefined;
  const [from, output] = readReference(reference);
  return findNode(graph, from) ? { from, output, to, port } : undefined;
}

export function positionOf(graph: Graph, id: string): Position {
  return graph.layout[id] ?? [0, 0];
}
