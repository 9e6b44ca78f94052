import type { GraphEdit } from "@/graph/edits";
import { foldOf } from "@/graph/fold";
import { nodesOf } from "@/graph/groups";
import { connectionId, connectionsOf } from "@/graph/model";
import { t } from "@/i18n";

import type { Session } from "../session/session";
import { describe } from "./clipboard";

/** Deletes the selected nodes and connections as one step. */
export function deleteSelection(session: Session): void {
  const { graph, selection } = session.store.getState();
  const nodes = nodesOf(graph, selection.nodes);
  // A line into a block may stand for several connections.
  const inputs = [...foldOf(graph, session.operators).blocks.values()].flatMap((block) => block.inputs);
  const cut = connectionsOf(graph)
    .filter((connection) => selection.edges.has(connectionId(connection)))
    .flatMap((connection) => inputs.find(({ id }) => id === connectionId(connection))?.targets ?? [connection])
    .filter(({ to }) => !nodes.has(to));
  const edits: GraphEdit[] = [
    ...cut.map(({ to, port }): GraphEdit => ({ type: "disconnect", to, port })),
    ...[...nodes].map((id): GraphEdit => ({ type: "remove-node", id })),
  ];
  if (edits.length === 0) return;
  const what = selection.nodes.size > 0 ? describe(selection.nodes) : t("{{count}} connections", { count: cut.length });
  session.act(t("Delete {{what}}", { what }), edits);
}
