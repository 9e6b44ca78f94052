import type { Graph, NodeGroup } from "@/api/types";

import { readReference, writeReference } from "./model";

/** What can be changed about a group in place. */
export type GroupChanges = Partial<Pick<NodeGroup, "title" | "repeat" | "carry" | "exposed" | "collapsed">>;

interface Tree {
  groups: ReadonlyMap<string, NodeGroup>;
  parents: ReadonlyMap<string, string>;
}

const trees = new WeakMap<readonly NodeGroup[], Tree>();

function treeOf({ groups }: Graph): Tree {
  let tree = trees.get(groups);
  if (!tree) {
    const known = new Map(groups.map((group) => [group.id, group]));
    tree = { groups: known, parents: new Map(groups.flatMap(({ id, members }) => members.map((member) => [member, id]))) };
    trees.set(groups, tree);
  }
  return tree;
}

export function findGroup(graph: Graph, id: string): NodeGroup | undefined {
  return treeOf(graph).groups.get(id);
}

/** The group a node or group is in; null at the top. */
export function parentOf(graph: Graph, id: string): string | null {
  return treeOf(graph).parents.get(id) ?? null;
}

/** The groups around a node or group, the innermost first. Ends on a circle, which the check reports. */
export function groupsAround(graph: Graph, id: string): string[] {
  const around: string[] = [];
  for (let at = parentOf(graph, id); at !== null && !around.includes(at); at = parentOf(graph, at)) around.push(at);
  return around;
}

/** All nodes in a group, those of inner groups too. */
export function nodesIn(graph: Graph, id: string): string[] {
  const { groups } = treeOf(graph);
  const known = new Set(graph.nodes.map((node) => node.id));
  const seen = new Set<string>();
  const open = [id];
  const found: string[] = [];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const group = groups.get(at);
    if (group) open.push(...[...group.members].reverse());
    else if (known.has(at)) found.push(at);
  }
  return found;
}

/** Nodes and groups as nodes: what an action on a selection works on. */
export function nodesOf(graph: Graph, ids: Iterable<string>): Set<string> {
  return new Set([...ids].flatMap((id) => (findGroup(graph, id) ? nodesIn(graph, id) : [id])));
}

/** The groups that lie wholly in a set of nodes, with their inner ones. */
export function groupsWithin(graph: Graph, nodes: ReadonlySet<string>): NodeGroup[] {
  return graph.groups.filter(({ id }) => {
    const inside = nodesIn(graph, id);
    return inside.length > 0 && inside.every((node) => nodes.has(node));
  });
}

export function changeGroup(graph: Graph, id: string, changes: GroupChanges): Graph {
  return { ...graph, groups: graph.groups.map((group) => (group.id === id ? { ...group, ...changes } : group)) };
}

/**
 * Puts nodes and groups into a new group, at the place of the first of them in the group around it. Members of other
 * groups leave those.
 */
export function makeGroup(graph: Graph, made: NodeGroup): Graph {
  const taken = new Set(made.members);
  const around = commonParent(graph, made.members);
  const groups = graph.groups.map((group) => {
    const members = group.members.filter((member) => !taken.has(member));
    if (group.id === around) members.push(made.id);
    return members.length === group.members.length && group.id !== around ? group : { ...group, members };
  });
  return dropEmpty({ ...graph, groups: [...groups, made] });
}

/** The innermost group that holds all of them. */
function commonParent(graph: Graph, ids: readonly string[]): string | null {
  const [first = [], ...others] = ids.map((id) => groupsAround(graph, id));
  return first.find((group) => others.every((around) => around.includes(group))) ?? null;
}

/** Takes a group's frame away; its members go to the group around it. */
export function dissolveGroup(graph: Graph, id: string): Graph {
  const group = findGroup(graph, id);
  if (!group) return graph;
  const rest = graph.groups.filter((other) => other.id !== id);
  const groups = rest.map((other) =>
    other.members.includes(id)
      ? { ...other, members: other.members.flatMap((member) => (member === id ? group.members : [member])) }
      : other,
  );
  return { ...graph, groups };
}

/** What groups say about a node that is gone. */
export function forgetNode(graph: Graph, id: string): Graph {
  if (graph.groups.length === 0) return graph;
  const groups = graph.groups.map((group) => ({
    ...group,
    members: group.members.filter((member) => member !== id),
    exposed: group.exposed.filter(({ node }) => node !== id),
    carry: group.carry !== null && readReference(group.carry)[0] === id ? null : group.carry,
  }));
  return dropEmpty({ ...graph, groups });
}

/** A group whose last member is gone goes too, and so on outwards. */
function dropEmpty(graph: Graph): Graph {
  const empty = graph.groups.find(({ members }) => members.length === 0);
  if (!empty) return graph;
  const rest = graph.groups.filter((group) => group !== empty);
  const groups = rest.map((group) =>
    group.members.includes(empty.id) ? { ...group, members: group.members.filter((member) => member !== empty.id) } : group,
  );
  return dropEmpty({ ...graph, groups });
}

/** What groups say about a node or group that has another name now. */
export function renameInGroups(groups: NodeGroup[], id: string, to: string): NodeGroup[] {
  return groups.map((group) => {
    const [carried, output] = group.carry === null ? [null, null] : readReference(group.carry);
    return {
      ...group,
      id: group.id === id ? to : group.id,
      members: group.members.map((member) => (member === id ? to : member)),
      exposed: group.exposed.map((shown) => (shown.node === id ? { ...shown, node: to } : shown)),
      carry: carried === id ? writeReference(to, output) : group.carry,
    };
  });
}
