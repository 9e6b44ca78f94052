import type { Graph, GraphNode, Position } from "@/api/types";

import type { GraphEdit } from "./edits";
import { positionOf, readReference, writeReference } from "./model";
import { renameFree } from "./names";

interface Clip {
  format: "netwright-clip";
  version: 1;
  nodes: GraphNode[];
  layout: Record<string, Position>;
}

export interface Pasted {
  edits: GraphEdit[];
  /** The names the new nodes got. */
  ids: string[];
}

/** The chosen nodes as JSON text; connections to nodes outside are written too, paste decides about them. */
export function copyNodes(graph: Graph, ids: ReadonlySet<string>): string {
  const nodes = graph.nodes.filter((node) => ids.has(node.id));
  const layout = Object.fromEntries(nodes.map((node) => [node.id, positionOf(graph, node.id)]));
  const clip: Clip = { format: "netwright-clip", version: 1, nodes, layout };
  return JSON.stringify(clip, null, 1);
}

export interface PasteOptions {
  /** Where the upper left corner goes; without it the nodes are set off from where they were. */
  at?: Position;
  /** Keep connections that come from nodes outside the copy, where those nodes exist. */
  keepOuter?: boolean;
}

/** The edits that paste copied text (or a whole graph JSON) under fresh names; null when the text is something else. */
export function pasteNodes(graph: Graph, text: string, options: PasteOptions = {}): Pasted | null {
  const clip = readClip(text);
  if (!clip) return null;
  const taken = new Set(graph.nodes.map((node) => node.id));
  const names = new Map<string, string>();
  for (const { id } of clip.nodes) {
    const name = renameFree(id, taken);
    taken.add(name);
    names.set(id, name);
  }
  const existing = new Set(graph.nodes.map((node) => node.id));
  const offset = offsetOf(clip, options.at);
  const edits = clip.nodes.map((node): GraphEdit => {
    const inputs = Object.entries(node.inputs).flatMap(([port, reference]): [string, string][] => {
      const [from, output] = readReference(reference);
      const inner = names.get(from);
      if (inner !== undefined) return [[port, writeReference(inner, output)]];
      return options.keepOuter && existing.has(from) ? [[port, reference]] : [];
    });
    const [x, y] = clip.layout[node.id] ?? [0, 0];
    return {
      type: "add-node",
      node: { id: names.get(node.id) ?? node.id, op: node.op, params: node.params, inputs: Object.fromEntries(inputs) },
      position: [x + offset[0], y + offset[1]],
    };
  });
  return { edits, ids: [...names.values()] };
}

function offsetOf(clip: Clip, at: Position | undefined): Position {
  if (!at) return [40, 40];
  const spots = clip.nodes.map((node): Position => clip.layout[node.id] ?? [0, 0]);
  return [at[0] - Math.min(...spots.map(([x]) => x)), at[1] - Math.min(...spots.map(([, y]) => y))];
}

function readClip(text: string): Clip | null {
  const value = parse(text);
  if (!isRecord(value) || !(value["format"] === "netwright-clip" || value["format"] === "netwright-graph")) return null;
  const nodes: unknown = value["nodes"];
  if (!Array.isArray(nodes) || nodes.length === 0 || !nodes.every(isNode)) return null;
  const places = isRecord(value["layout"]) ? value["layout"] : {};
  const layout = Object.fromEntries(
    Object.entries(places).filter((place): place is [string, Position] => isPosition(place[1])),
  );
  return { format: "netwright-clip", version: 1, nodes, layout };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null; // ordinary text on the clipboard
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNode(value: unknown): value is GraphNode {
  return (
    isRecord(value) &&
    typeof value["id"] === "string" &&
    typeof value["op"] === "string" &&
    isRecord(value["params"]) &&
    isRecord(value["inputs"]) &&
    Object.values(value["inputs"]).every((reference) => typeof reference === "string")
  );
}

function isPosition(value: unknown): value is Position {
  return Array.isArray(value) && value.length === 2 && value.every((one) => Number.isFinite(one));
}
