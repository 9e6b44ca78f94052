import type { GraphEdit } from "@/graph/edits";
import { connectionId, connectionsOf } from "@/graph/model";
import { t } from "@/i18n";

import type { Session } from "../session/session";
import { describe } from "./clipboard";

/** Deletes the selected nodes and connections as one step. */
export function deleteSelection(session: Session): void {
  const { graph, selection } = session.store.getState();
  const cut = connectionsOf(graph).filter(
    (connection) => selection.edges.has(connectionId(connection)) && !selection.nodes.has(connection.to),
  );
  const edits: GraphEdit[] = [
    ...cut.map(({ to, port }): GraphEdit => ({ type: "disconnect", to, port })),
    ...[...selection.nodes].map((id): GraphEdit => ({ type: "remove-node", id })),
  ];
  if (edits.length === 0) return;
  const what = selection.nodes.size > 0 ? describe(selection.nodes) : t("{{count}} connections", { count: cut.length });
  session.act(t("Delete {{what}}", { what }), edits);
}
