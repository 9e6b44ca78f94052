import type { Edit, Graph, GraphNode, NodeGroup, Position } from "@/api/types";
import { t } from "@/i18n";

import { changeGroup, dissolveGroup, findGroup, forgetNode, type GroupChanges, makeGroup, renameInGroups } from "./groups";
import { findNode, ID_PATTERN, readReference, writeReference } from "./model";
import { followSinks } from "./outputs";
import { placeInserted } from "./spots";

/** Everything that can happen to a graph: the edits the server may suggest, and those only a person makes. */
export type GraphEdit =
  | Edit
  | { type: "unset-params"; id: string; names: string[] }
  | { type: "move-nodes"; positions: Record<string, Position> }
  | { type: "rename-node"; id: string; to: string }
  | { type: "set-name"; name: string }
  | { type: "make-group"; group: NodeGroup }
  | { type: "set-group"; id: string; changes: GroupChanges }
  | { type: "rename-group"; id: string; to: string }
  | { type: "dissolve-group"; id: string };

/** An edit that does not fit the graph, for instance a fix that came too late. */
export class EditError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "EditError";
  }
}

/** One edit applied to a graph, as a new graph; what the edit does not touch is shared with the old one. */
export function applyEdit(graph: Graph, edit: GraphEdit): Graph {
  switch (edit.type) {
    case "set-params":
      return changeNode(graph, edit.id, (node) => ({ ...node, params: { ...node.params, ...edit.params } }));
    case "unset-params":
      return changeNode(graph, edit.id, (node) => ({ ...node, params: without(node.params, edit.names) }));
    case "add-node":
      return addNode(graph, edit.node, edit.position);
    case "remove-node":
      return removeNode(graph, edit.id);
    case "connect":
      return connect(graph, edit.from, edit.to, edit.port);
    case "disconnect":
      return changeNode(graph, edit.to, (node) => ({ ...node, inputs: without(node.inputs, [edit.port]) }));
    case "set-outputs":
      return { ...graph, outputs: [...edit.outputs] };
    case "move-nodes":
      return moveNodes(graph, edit.positions);
    case "rename-node":
      return renameNode(graph, edit.id, edit.to);
    case "set-name":
      return { ...graph, name: edit.name };
    case "make-group":
      return addGroup(graph, edit.group);
    case "set-group":
      return changeGroup(requireGroup(graph, edit.id), edit.id, edit.changes);
    case "rename-group":
      return renameGroup(graph, edit.id, edit.to);
    case "dissolve-group":
      return dissolveGroup(requireGroup(graph, edit.id), edit.id);
  }
}

/** A whole user action: all its edits, and afterwards the outputs follow the new ends of the graph. */
export function applyEdits(graph: Graph, edits: readonly GraphEdit[]): Graph {
  const unplaced = edits.flatMap((edit) => (edit.type === "add-node" && edit.position === null ? [edit.node.id] : []));
  const edited = placeInserted(edits.reduce(applyEdit, graph), unplaced);
  const explicit = edits.some((edit) => edit.type === "set-outputs");
  return explicit ? edited : followSinks(graph, edited);
}

function changeNode(graph: Graph, id: string, change: (node: GraphNode) => GraphNode): Graph {
  if (!findNode(graph, id)) throw new EditError(t("There is no node “{{id}}” any more.", { id }));
  return { ...graph, nodes: graph.nodes.map((node) => (node.id === id ? change(node) : node)) };
}

function without<T>(record: Record<string, T>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

function addNode(graph: Graph, node: GraphNode, position: Position | null): Graph {
  requireFree(graph, node.id);
  const layout = position === null ? graph.layout : { ...graph.layout, [node.id]: position };
  return { ...graph, nodes: [...graph.nodes, node], layout };
}

function removeNode(graph: Graph, id: string): Graph {
  if (!findNode(graph, id)) throw new EditError(t("There is no node “{{id}}” any more.", { id }));
  const reads = (reference: string): boolean => readReference(reference)[0] === id;
  const nodes = graph.nodes.flatMap((node) => {
    if (node.id === id) return [];
    const gone = Object.entries(node.inputs).flatMap(([port, reference]) => (reads(reference) ? [port] : []));
    return [gone.length === 0 ? node : { ...node, inputs: without(node.inputs, gone) }];
  });
  const outputs = graph.outputs.filter((reference) => !reads(reference));
  return forgetNode({ ...graph, nodes, outputs, layout: without(graph.layout, [id]) }, id);
}

function connect(graph: Graph, from: string, to: string, port: string): Graph {
  const [source] = readReference(from);
  if (!findNode(graph, source)) throw new EditError(t("There is no node “{{source}}” to connect from.", { source }));
  return changeNode(graph, to, (node) => ({ ...node, inputs: { ...node.inputs, [port]: from } }));
}

function moveNodes(graph: Graph, positions: Record<string, Position>): Graph {
  const known = new Set(graph.nodes.map((node) => node.id));
  const moved = Object.entries(positions)
    .filter(([id]) => known.has(id))
    .map(([id, [x, y]]): [string, Position] => [id, [Math.round(x), Math.round(y)]]);
  return { ...graph, layout: { ...graph.layout, ...Object.fromEntries(moved) } };
}

function renameNode(graph: Graph, id: string, to: string): Graph {
  if (id === to) return graph;
  if (!findNode(graph, id)) throw new EditError(t("There is no node “{{id}}” any more.", { id }));
  requireFree(graph, to);
  const renamed = (reference: string): string => {
    const [node, output] = readReference(reference);
    return node === id ? writeReference(to, output) : reference;
  };
  const nodes = graph.nodes.map((node) => {
    const inputs = Object.fromEntries(Object.entries(node.inputs).map(([port, from]) => [port, renamed(from)]));
    const touched = Object.values(node.inputs).some((from) => renamed(from) !== from);
    if (node.id === id) return { ...node, id: to, inputs };
    return touched ? { ...node, inputs } : node;
  });
  const layout = Object.fromEntries(Object.entries(graph.layout).map(([key, at]) => [key === id ? to : key, at]));
  return { ...graph, nodes, layout, outputs: graph.outputs.map(renamed), groups: renameInGroups(graph.groups, id, to) };
}

/** Nodes and groups share their names. */
function requireFree(graph: Graph, name: string): void {
  if (!ID_PATTERN.test(name)) throw new EditError(t("“{{id}}” is not a name: letters, digits and _, a letter first.", { id: name }));
  if (findNode(graph, name)) throw new EditError(t("There is a node “{{id}}” already.", { id: name }));
  if (findGroup(graph, name)) throw new EditError(t("There is a group “{{id}}” already.", { id: name }));
}

function requireGroup(graph: Graph, id: string): Graph {
  if (!findGroup(graph, id)) throw new EditError(t("There is no group “{{id}}” any more.", { id }));
  return graph;
}

function addGroup(graph: Graph, group: NodeGroup): Graph {
  requireFree(graph, group.id);
  const missing = group.members.find((member) => !findNode(graph, member) && !findGroup(graph, member));
  if (missing !== undefined) throw new EditError(t("There is no node “{{id}}” any more.", { id: missing }));
  return makeGroup(graph, group);
}

function renameGroup(graph: Graph, id: string, to: string): Graph {
  if (id === to) return graph;
  requireFree(requireGroup(graph, id), to);
  return { ...graph, groups: renameInGroups(graph.groups, id, to) };
}
