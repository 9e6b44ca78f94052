import { foldOf } from "@/graph/fold";

import { endOf, follow, type Way } from "../connect/walk";
import type { Session } from "../session/session";
import type { UiStore } from "../ui";

/** The node or block that the keyboard is on, else the only one that is selected. */
function current(session: Session): string | null {
  const held = document.activeElement?.closest<HTMLElement>(".react-flow__node")?.dataset["id"];
  const { graph, selection } = session.store.getState();
  const { nodes, blocks } = foldOf(graph, session.operators);
  const [selected] = selection.nodes.size === 1 ? selection.nodes : [];
  const id = held ?? selected ?? null;
  return id !== null && (blocks.has(id) || nodes.some((node) => node.id === id)) ? id : null;
}

/** Opens the connections of the node in hand; without one, of the first, so that the key never does nothing. */
export function showConnections(session: Session, ui: UiStore): void {
  const { graph } = session.store.getState();
  const fold = foldOf(graph, session.operators);
  const id = current(session) ?? fold.nodes[0]?.id ?? [...fold.blocks.keys()][0];
  if (id === undefined) return;
  session.select([id]);
  ui.getState().view?.show(id);
  ui.setState({ ports: id });
}

/** Goes along a line from the node in hand, or to an end of the line in hand; without either, to the first node. */
export function goAlong(session: Session, ui: UiStore, way: Way): void {
  const { graph, selection } = session.store.getState();
  const held = document.activeElement?.closest<HTMLElement>(".react-flow__edge")?.dataset["id"];
  const [chosen] = selection.nodes.size === 0 && selection.edges.size === 1 ? selection.edges : [];
  const line = held ?? chosen;
  const from = current(session);
  const next =
    line !== undefined
      ? endOf(graph, session.operators, line, way)
      : from === null
        ? (foldOf(graph, session.operators).nodes[0]?.id ?? null)
        : follow(graph, session.operators, from, way);
  if (next === null) return;
  session.select([next]);
  ui.getState().view?.go(next);
}
