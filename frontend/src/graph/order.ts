import type { Graph } from "@/api/types";

import { connectionsOf, consumersOf } from "./model";

const lastReach = new WeakMap<Graph["nodes"], { from: string; reached: ReadonlySet<string> }>();

/** Is there a way along the connections from one node to another? A node reaches itself. */
export function reaches(graph: Graph, from: string, to: string): boolean {
  // A form asks about one node and every other in turn.
  let known = lastReach.get(graph.nodes);
  if (known?.from !== from) {
    known = { from, reached: downstream(graph, [from]) };
    lastReach.set(graph.nodes, known);
  }
  return known.reached.has(to);
}

/** The given nodes and everything that depends on them. */
export function downstream(graph: Graph, ids: Iterable<string>): Set<string> {
  return walk(consumersOf(graph), ids);
}

/** The given nodes and everything they depend on. */
export function upstream(graph: Graph, ids: Iterable<string>): Set<string> {
  const sources = new Map<string, string[]>();
  for (const { from, to } of connectionsOf(graph)) sources.set(to, [...(sources.get(to) ?? []), from]);
  return walk(sources, ids);
}

function walk(next: ReadonlyMap<string, readonly string[]>, ids: Iterable<string>): Set<string> {
  const seen = new Set(ids);
  const open = [...seen];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const other of next.get(id) ?? []) {
      if (seen.has(other)) continue;
      seen.add(other);
      open.push(other);
    }
  }
  return seen;
}

/** Every node after what it reads. Nodes on a cycle come last, in their stored order. */
export function topologicalOrder(graph: Graph): string[] {
  const consumers = consumersOf(graph);
  const waiting = new Map(graph.nodes.map((node) => [node.id, 0]));
  for (const { to } of connectionsOf(graph)) waiting.set(to, (waiting.get(to) ?? 0) + 1);
  const order = graph.nodes.filter((node) => waiting.get(node.id) === 0).map((node) => node.id);
  // The list grows while it is walked.
  for (const id of order) {
    for (const consumer of consumers.get(id) ?? []) {
      const left = (waiting.get(consumer) ?? 0) - 1;
      waiting.set(consumer, left);
      if (left === 0) order.push(consumer);
    }
  }
  const placed = new Set(order);
  return [...order, ...graph.nodes.map((node) => node.id).filter((id) => !placed.has(id))];
}

/** How many steps from the nearest source a node lies, by its longest way. Linear, and safe on long chains and cycles. */
export function ranks(graph: Graph): Map<string, number> {
  const consumers = consumersOf(graph);
  const rank = new Map(graph.nodes.map((node) => [node.id, 0]));
  const seen = new Set<string>();
  for (const id of topologicalOrder(graph)) {
    seen.add(id);
    for (const consumer of consumers.get(id) ?? []) {
      if (seen.has(consumer)) continue; // the back edge of a cycle
      rank.set(consumer, Math.max(rank.get(consumer) ?? 0, (rank.get(id) ?? 0) + 1));
    }
  }
  return rank;
}
