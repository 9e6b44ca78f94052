import type { Graph, GraphNode } from "@/api/types";

export type ChangeKind = "added" | "removed" | "changed" | "renamed";

/** One thing of a node that is not the same: a parameter, what goes into a port, its operator or its name. */
export interface Detail {
  what: string;
  before: string | null;
  after: string | null;
}

export interface NodeChange {
  /** The node's name in the first network; in the second for one that was added. */
  id: string;
  op: string;
  kind: ChangeKind;
  details: Detail[];
}

/** What is not the same in two networks, in the order of the first, then what was added. */
export function diffGraphs(before: Graph, after: Graph): NodeChange[] {
  const old = new Map(before.nodes.map((node) => [node.id, node]));
  const now = new Map(after.nodes.map((node) => [node.id, node]));
  const renamed = findRenamed(before.nodes.filter((node) => !now.has(node.id)), after.nodes.filter((node) => !old.has(node.id)));
  const comesFrom = new Map([...renamed].map(([from, to]) => [to, from]));
  const changes: NodeChange[] = [];
  for (const node of before.nodes) {
    const twin = now.get(renamed.get(node.id) ?? node.id);
    if (!twin) {
      changes.push({ id: node.id, op: node.op, kind: "removed", details: [] });
      continue;
    }
    const details = detailsOf(node, twin, renamed);
    if (details.length === 0) continue;
    const only = details.every((detail) => detail.what === "name");
    changes.push({ id: node.id, op: node.op, kind: only ? "renamed" : "changed", details });
  }
  const added = after.nodes.filter((node) => !old.has(node.id) && !comesFrom.has(node.id));
  return [...changes, ...added.map((node): NodeChange => ({ id: node.id, op: node.op, kind: "added", details: paramsOf(node) }))];
}

/** Nodes that went and nodes that came, alike in operator, parameters and what goes in, are the same under another name. */
function findRenamed(gone: readonly GraphNode[], came: readonly GraphNode[]): Map<string, string> {
  const renamed = new Map<string, string>();
  const free = new Set(came);
  const inputs = (node: GraphNode): string =>
    JSON.stringify(Object.entries(node.inputs).map(([port, source]) => [port, rename(source, renamed)]).sort());
  for (const node of gone) {
    const looks = (one: GraphNode): string => `${one.op} ${sorted(one.params)}`;
    for (const one of free) {
      if (looks(one) !== looks(node)) continue;
      if (inputs(node) !== JSON.stringify(Object.entries(one.inputs).sort())) continue;
      renamed.set(node.id, one.id);
      free.delete(one);
      break;
    }
  }
  return renamed;
}

function detailsOf(before: GraphNode, after: GraphNode, renamed: ReadonlyMap<string, string>): Detail[] {
  const details: Detail[] = [];
  const note = (what: string, left: string | null, right: string | null): void => {
    if (left !== right) details.push({ what, before: left, after: right });
  };
  note("name", before.id, after.id);
  note("operator", before.op, after.op);
  for (const key of keysOf(before.params, after.params)) note(key, textOf(before.params[key]), textOf(after.params[key]));
  for (const port of keysOf(before.inputs, after.inputs)) {
    const source = before.inputs[port];
    const was = source === undefined ? null : rename(source, renamed);
    note(`→ ${port}`, was, after.inputs[port] ?? null);
  }
  return details;
}

const paramsOf = (node: GraphNode): Detail[] =>
  Object.entries(node.params).map(([what, value]) => ({ what, before: null, after: textOf(value) }));

const keysOf = (a: object, b: object): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])];

const textOf = (value: unknown): string | null =>
  value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value);

const sorted = (value: object): string => JSON.stringify(Object.entries(value).sort());

/** "bn1:0" after bn1 has become norm1 → "norm1:0". */
function rename(source: string, renamed: ReadonlyMap<string, string>): string {
  const [id = "", ...output] = source.split(":");
  return [renamed.get(id) ?? id, ...output].join(":");
}
