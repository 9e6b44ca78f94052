import type { Graph, GraphNode, NodeGroup, Position } from "@/api/types";

import type { GraphEdit } from "./edits";
import { groupsAround, groupsWithin, nodesOf } from "./groups";
import { positionOf, readReference, writeReference } from "./model";
import { renameFree } from "./names";

interface Clip {
  format: "netwright-clip";
  version: 1;
  nodes: GraphNode[];
  layout: Record<string, Position>;
  /** Inner groups before those around them. */
  groups: NodeGroup[];
}

export interface Pasted {
  edits: GraphEdit[];
  /** What stands for the copy: its nodes, and its groups instead of what is in them. */
  ids: string[];
}

/**
 * The chosen nodes and groups as JSON text; connections to nodes outside are written too, paste decides about them.
 * A group is copied when all of it is chosen.
 */
export function copyNodes(graph: Graph, ids: ReadonlySet<string>): string {
  const chosen = nodesOf(graph, ids);
  const nodes = graph.nodes.filter((node) => chosen.has(node.id));
  const layout = Object.fromEntries(nodes.map((node) => [node.id, positionOf(graph, node.id)]));
  const depth = (group: NodeGroup): number => groupsAround(graph, group.id).length;
  const groups = groupsWithin(graph, chosen).sort((a, b) => depth(b) - depth(a));
  const clip: Clip = { format: "netwright-clip", version: 1, nodes, layout, groups };
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
  const taken = new Set([...graph.nodes, ...graph.groups].map((one) => one.id));
  const names = new Map<string, string>();
  for (const { id } of [...clip.nodes, ...clip.groups]) {
    const name = renameFree(id, taken);
    taken.add(name);
    names.set(id, name);
  }
  const existing = new Set(graph.nodes.map((node) => node.id));
  const offset = offsetOf(clip, options.at);
  const moved = (reference: string): string | null => {
    const [from, output] = readReference(reference);
    const inner = names.get(from);
    if (inner !== undefined) return writeReference(inner, output);
    return options.keepOuter && existing.has(from) ? reference : null;
  };
  const edits = clip.nodes.map((node): GraphEdit => {
    const inputs = Object.entries(node.inputs).flatMap(([port, reference]): [string, string][] => {
      const from = moved(reference);
      return from === null ? [] : [[port, from]];
    });
    const [x, y] = clip.layout[node.id] ?? [0, 0];
    return {
      type: "add-node",
      node: { id: names.get(node.id) ?? node.id, op: node.op, params: node.params, inputs: Object.fromEntries(inputs) },
      position: [x + offset[0], y + offset[1]],
    };
  });
  const name = (id: string): string => names.get(id) ?? id;
  const groups = clip.groups.map((group): GraphEdit => {
    const exposed = group.exposed.map((shown) => ({ ...shown, node: name(shown.node) }));
    const carry = group.carry === null ? null : moved(group.carry);
    return { type: "make-group", group: { ...group, id: name(group.id), members: group.members.map(name), exposed, carry } };
  });
  const inside = new Set(clip.groups.flatMap((group) => group.members));
  const ids = [...clip.nodes, ...clip.groups].map(({ id }) => id).filter((id) => !inside.has(id));
  return { edits: [...edits, ...groups], ids: ids.map(name) };
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
  return { format: "netwright-clip", version: 1, nodes, layout, groups: readGroups(value["groups"], nodes) };
}

/** The groups of a clip or graph whose members are all there; inner ones first. */
function readGroups(value: unknown, nodes: readonly GraphNode[]): NodeGroup[] {
  const known = new Set(nodes.map((node) => node.id));
  const waiting = (Array.isArray(value) ? value : []).flatMap((row: unknown) => readGroup(row) ?? []);
  const groups: NodeGroup[] = [];
  for (let at = 0; at < waiting.length; ) {
    const group = waiting[at];
    if (!group?.members.every((member) => known.has(member)) || known.has(group.id)) {
      at += 1;
      continue;
    }
    known.add(group.id);
    groups.push(group);
    waiting.splice(at, 1);
    at = 0;
  }
  return groups;
}

function readGroup(row: unknown): NodeGroup | null {
  if (!isRecord(row) || typeof row["id"] !== "string" || !isListOf(row["members"], isText)) return null;
  const { id, title, members, repeat, carry, exposed, collapsed } = row;
  return {
    id,
    title: typeof title === "string" ? title : "",
    members,
    repeat: typeof repeat === "number" ? repeat : 1,
    carry: typeof carry === "string" ? carry : null,
    exposed: isListOf(exposed, isExposed) ? exposed.map((one) => ({ ...one, title: one.title ?? "" })) : [],
    collapsed: collapsed !== false,
  };
}

const isText = (value: unknown): value is string => typeof value === "string";

function isExposed(value: unknown): value is { node: string; parameter: string; title?: string } {
  return isRecord(value) && isText(value["node"]) && isText(value["parameter"]);
}

function isListOf<T>(value: unknown, is: (one: unknown) => one is T): value is T[] {
  return Array.isArray(value) && value.every(is);
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
