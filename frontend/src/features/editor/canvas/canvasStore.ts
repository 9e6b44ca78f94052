import { applyNodeChanges, type EdgeChange, type NodeChange } from "@xyflow/react";
import { createStore, type StoreApi } from "zustand/vanilla";

import type { Position } from "@/api/types";
import { foldOf, movesOf } from "@/graph/fold";
import { groupsAround } from "@/graph/groups";
import { onLanguageChange, t } from "@/i18n";

import type { Session } from "../session/session";
import { type DrawnNode, flowEdges, flowNodes, type ShapeFlowEdge } from "./flow";

interface CanvasState {
  nodes: DrawnNode[];
  edges: ShapeFlowEdge[];
}

export interface CanvasStore {
  store: StoreApi<CanvasState>;
  onNodesChange: (changes: NodeChange<DrawnNode>[]) => void;
  onEdgesChange: (changes: EdgeChange<ShapeFlowEdge>[]) => void;
  startDrag: () => void;
  endDrag: (moved: DrawnNode[]) => void;
  /** Follows the session until called back. */
  follow: () => () => void;
}

/** What React Flow draws. The session holds the truth; here live only sizes and positions under the pointer. */
export function createCanvasStore(session: Session): CanvasStore {
  const first = session.store.getState();
  const store = createStore<CanvasState>(() => ({
    nodes: flowNodes([], first.graph, session.operators, first.selection),
    edges: flowEdges([], first.graph, session.operators, first.report, first.selection),
  }));
  let dragging = false;

  function draw(): void {
    const { graph, selection, report } = session.store.getState();
    const { nodes, edges } = store.getState();
    const drawn = {
      nodes: flowNodes(nodes, graph, session.operators, selection),
      edges: flowEdges(edges, graph, session.operators, report, selection),
    };
    if (drawn.nodes !== nodes || drawn.edges !== edges) store.setState(drawn);
  }

  function move(nodes: Pick<DrawnNode, "id" | "position">[], key?: string): void {
    const { graph } = session.store.getState();
    const moved = Object.fromEntries(nodes.map(({ id, position }): [string, Position] => [id, [position.x, position.y]]));
    const positions = movesOf(graph, foldOf(graph, session.operators), moved);
    const still = Object.entries(positions).every(
      ([id, [x, y]]) => graph.layout[id]?.[0] === Math.round(x) && graph.layout[id][1] === Math.round(y),
    );
    if (still) return;
    const label = nodes.length === 1 ? t("Move {{id}}", { id: nodes[0]?.id ?? "" }) : t("Move {{count}} nodes", { count: nodes.length });
    session.act(label, [{ type: "move-nodes", positions }], key === undefined ? {} : { key });
  }

  /** A frame under the pointer takes what stands in it along. */
  function followers(changes: NodeChange<DrawnNode>[]): NodeChange<DrawnNode>[] {
    const { graph } = session.store.getState();
    const { nodes } = store.getState();
    const moving = new Set(changes.flatMap((change) => (change.type === "position" ? [change.id] : [])));
    return changes.flatMap((change) => {
      const frame = change.type === "position" ? nodes.find(({ id, type }) => id === change.id && type === "frame") : undefined;
      if (change.type !== "position" || !change.position || !frame) return [];
      const [dx, dy] = [change.position.x - frame.position.x, change.position.y - frame.position.y];
      return nodes
        .filter(({ id }) => !moving.has(id) && groupsAround(graph, id).includes(frame.id))
        .map(({ id, position }) => ({ id, type: "position" as const, position: { x: position.x + dx, y: position.y + dy } }));
    });
  }

  return {
    store,
    onNodesChange(changes) {
      const { selection } = session.store.getState();
      const nodes = toggled(selection.nodes, changes);
      if (nodes) session.select(nodes, selection.edges);
      const drawn = changes.filter((change) => change.type === "position" || change.type === "dimensions");
      if (drawn.length === 0) return;
      const all = [...drawn, ...followers(drawn)];
      store.setState((state) => ({ nodes: applyNodeChanges(all, state.nodes) }));
      // Arrow keys move without a drag; quick presses are one step.
      const stepped = drawn.flatMap((change) =>
        change.type === "position" && !change.dragging && change.position ? [{ id: change.id, position: change.position }] : [],
      );
      if (!dragging && stepped.length > 0) move(stepped, `move ${stepped.map(({ id }) => id).join()}`);
    },
    onEdgesChange(changes) {
      const { selection } = session.store.getState();
      const edges = toggled(selection.edges, changes);
      if (edges) session.select(selection.nodes, edges);
    },
    startDrag: () => {
      dragging = true;
    },
    endDrag(moved) {
      dragging = false;
      move(moved);
    },
    follow() {
      draw();
      const stops = [
        session.store.subscribe((now, before) => {
          if (now.graph !== before.graph || now.selection !== before.selection || now.report !== before.report) draw();
        }),
        // Groups are named in words.
        onLanguageChange(draw),
      ];
      return () => stops.forEach((stop) => stop());
    },
  };
}

/** The selection after React Flow's changes to it; null when they hold none. */
function toggled(
  selected: ReadonlySet<string>,
  changes: (NodeChange<DrawnNode> | EdgeChange<ShapeFlowEdge>)[],
): Set<string> | null {
  const next = new Set(selected);
  let touched = false;
  for (const change of changes) {
    if (change.type !== "select") continue;
    touched = true;
    if (change.selected) next.add(change.id);
    else next.delete(change.id);
  }
  return touched ? next : null;
}
