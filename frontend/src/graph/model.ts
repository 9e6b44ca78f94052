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

const indices = new WeakMap<GraphNode[], ReadonlyMap<string, GraphNode>>();

/** A graph is never changed in place, so its nodes are indexed once: 500 drawn nodes each look themselves up. */
function indexOf(nodes: GraphNode[]): ReadonlyMap<string, GraphNode> {
  const known = indices.get(nodes);
  if (known) return known;
  const index = new Map(nodes.map((node) => [node.id, node]));
  indices.set(nodes, index);
  return index;
}

export function findNode(graph: Graph, id: string): GraphNode | undefined {
  return indexOf(graph.nodes).get(id);
}

/** All connections whose two ends exist; a dangling reference is the check's to report. */
export function connectionsOf(graph: Graph): Connection[] {
  const known = new Set(graph.nodes.map((node) => node.id));
  return graph.nodes.flatMap((node) =>
    Object.entries(node.inputs).flatMap(([port, reference]) => {
      const [from, output] = readReference(reference);
      return known.has(from) ? [{ from, output, to: node.id, port }] : [];
    }),
  );
}

/** node → the nodes that read it. */
export function consumersOf(graph: Graph): Map<string, string[]> {
  const consumers = new Map<string, string[]>(graph.nodes.map((node) => [node.id, []]));
  for (const { from, to } of connectionsOf(graph)) consumers.get(from)?.push(to);
  return consumers;
}

export function connectionId({ to, port }: Pick<Connection, "to" | "port">): string {
  return `${to}.${port}`;
}

export function positionOf(graph: Graph, id: string): Position {
  return graph.layout[id] ?? [0, 0];
}
