import { applyEdits, type GraphEdit } from "@/graph/edits";
import { roomForFrames } from "@/graph/fold";
import { findGroup, groupsAround, parentOf } from "@/graph/groups";
import { renameFree } from "@/graph/names";
import { t } from "@/i18n";

import type { Session, SessionState } from "../session/session";

/** What a new group would hold: the selected nodes and groups, without those that lie in a selected group. */
function chosen({ graph, selection }: SessionState): string[] {
  return [...selection.nodes].filter((id) => !groupsAround(graph, id).some((group) => selection.nodes.has(group)));
}

/** Makes one block of the selection. */
export function groupSelection(session: Session): void {
  const state = session.store.getState();
  const members = chosen(state);
  if (members.length === 0) return;
  const taken = new Set([...state.graph.nodes, ...state.graph.groups].map(({ id }) => id));
  const id = renameFree("block1", taken);
  const group = { id, title: "", members, repeat: 1, carry: null, exposed: [], collapsed: true };
  session.act(t("Group as {{id}}", { id }), [{ type: "make-group", group }], { select: [id] });
}

export function selectedGroups({ graph, selection }: SessionState): string[] {
  return [...selection.nodes].filter((id) => findGroup(graph, id));
}

/** Takes the frames of the selected groups away; what was in them stays selected. */
export function dissolveSelection(session: Session): void {
  const state = session.store.getState();
  const ids = selectedGroups(state);
  const [only = ""] = ids;
  const members = ids.flatMap((id) => findGroup(state.graph, id)?.members ?? []);
  session.act(
    ids.length === 1 ? t("Ungroup {{id}}", { id: only }) : t("Ungroup {{count}} groups", { count: ids.length }),
    ids.map((id) => ({ type: "dissolve-group", id })),
    { select: members },
  );
}

/** Opens or collapses groups; what is hidden by it is selected no more. */
function fold(session: Session, label: string, ids: readonly string[], collapsed: boolean): void {
  session.act(label, foldEdits(session, ids, collapsed), { select: ids });
}

/** The edits that open or collapse groups; opened ones get room for their frames. */
export function foldEdits(session: Session, ids: readonly string[], collapsed: boolean): GraphEdit[] {
  const edits: GraphEdit[] = ids.map((id) => ({ type: "set-group", id, changes: { collapsed } }));
  if (collapsed) return edits;
  const opened = applyEdits(session.store.getState().graph, edits);
  const around = [...new Set(ids.flatMap((id) => [id, ...groupsAround(opened, id)]))];
  return [...edits, { type: "move-nodes", positions: roomForFrames(opened, session.operators, around) }];
}

export function setCollapsed(session: Session, id: string, collapsed: boolean): void {
  fold(session, collapsed ? t("Collapse {{id}}", { id }) : t("Open {{id}}", { id }), [id], collapsed);
}

/** Opens what is collapsed in the selection; collapses the groups of the selection when nothing in it is. */
export function toggleSelection(session: Session): void {
  const state = session.store.getState();
  const groups = foldable(state);
  const closed = groups.filter((id) => findGroup(state.graph, id)?.collapsed);
  const [ids, collapsed] = closed.length > 0 ? [closed, false] : [groups, true];
  const [only] = ids;
  if (ids.length === 1 && only !== undefined) setCollapsed(session, only, collapsed);
  else {
    const count = ids.length;
    fold(session, collapsed ? t("Collapse {{count}} groups", { count }) : t("Open {{count}} groups", { count }), ids, collapsed);
  }
}

/** The selected groups, and for a selected node the open group around it. */
export function foldable(state: SessionState): string[] {
  const groups = [...state.selection.nodes].map((id) => (findGroup(state.graph, id) ? id : parentOf(state.graph, id)));
  return [...new Set(groups.filter((id) => id !== null))];
}
