import type { Graph, GraphNode, NodeGroup } from "@/api/types";
import { findGroup, parentOf } from "@/graph/groups";
import { consumersOf, findNode } from "@/graph/model";
import { topologicalOrder } from "@/graph/order";

/** One line of the outline. */
export interface OutlineRow {
  id: string;
  /** 1 at the top. */
  level: number;
  node: GraphNode | null;
  group: NodeGroup | null;
  isOpen: boolean;
  /** Its place among the rows under the same group, from 1, and how many there are. */
  place: number;
  size: number;
}

/** The network as a list: what is read comes before what reads it, groups hold their members. */
export function outlineRows(graph: Graph, closed: ReadonlySet<string>, words = ""): OutlineRow[] {
  const children = new Map<string | null, string[]>();
  const placed = new Set<string>();
  const place = (id: string): void => {
    if (placed.has(id)) return;
    placed.add(id);
    const parent = parentOf(graph, id);
    // A group stands where the first of its nodes does.
    if (parent !== null) place(parent);
    children.set(parent, [...(children.get(parent) ?? []), id]);
  };
  // What nothing leads to or from yet would come first, before the input.
  const isLoose = (id: string): boolean =>
    Object.keys(findNode(graph, id)?.inputs ?? {}).length === 0 && (consumersOf(graph).get(id) ?? []).length === 0;
  const order = topologicalOrder(graph);
  for (const id of [...order.filter((one) => !isLoose(one)), ...order.filter(isLoose)]) place(id);
  for (const { id } of graph.groups) place(id);
  const wanted = words.trim().toLowerCase();
  const rows: OutlineRow[] = [];
  const list = (parent: string | null, level: number): void => {
    const all = children.get(parent) ?? [];
    all.forEach((id, at) => {
      const group = findGroup(graph, id) ?? null;
      const node = findNode(graph, id) ?? null;
      const isOpen = group !== null && (wanted !== "" || !closed.has(id));
      if (wanted === "" || matches(node, group, wanted)) rows.push({ id, level, node, group, isOpen, place: at + 1, size: all.length });
      if (isOpen) list(id, level + 1);
    });
  };
  list(null, 1);
  return rows;
}

function matches(node: GraphNode | null, group: NodeGroup | null, words: string): boolean {
  const said = [node?.id, node?.op, group?.id, group?.title].filter((text) => text !== undefined);
  return said.some((text) => text.toLowerCase().includes(words));
}

/** Where a key leads from a row: another row, or opening and closing a group. */
export type Move = { to: string } | { open: string; isOpen: boolean } | null;

export function moveBy(key: string, rows: readonly OutlineRow[], at: number): Move {
  const row = rows[at];
  const to = (place: number): Move => {
    const found = rows[Math.max(0, Math.min(rows.length - 1, place))];
    return found ? { to: found.id } : null;
  };
  switch (key) {
    case "ArrowDown":
      return to(at + 1);
    case "ArrowUp":
      return to(at - 1);
    case "Home":
      return to(0);
    case "End":
      return to(rows.length - 1);
    case "ArrowRight":
      if (!row?.group) return null;
      return row.isOpen ? to(at + 1) : { open: row.id, isOpen: true };
    case "ArrowLeft": {
      if (row?.group && row.isOpen) return { open: row.id, isOpen: false };
      const parent = rows.slice(0, at).findLastIndex(({ level }) => level < (row?.level ?? 1));
      return parent < 0 ? null : to(parent);
    }
    default:
      return null;
  }
}
