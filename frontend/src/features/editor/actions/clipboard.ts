import type { Position } from "@/api/types";
import { copyNodes, pasteNodes } from "@/graph/clipboard";
import { t } from "@/i18n";

import type { Session } from "../session/session";

/** The last copy, for browsers that do not let a page read the clipboard. */
let last = "";

export function copySelection(session: Session): string | null {
  const { graph, selection } = session.store.getState();
  if (selection.nodes.size === 0) return null;
  last = copyNodes(graph, selection.nodes);
  return last;
}

/** Pastes text; false when it holds no nodes. */
export function pasteText(session: Session, text: string, at?: Position): boolean {
  const pasted = pasteNodes(session.store.getState().graph, text, at ? { at } : {});
  if (!pasted) return false;
  session.act(t("Paste {{count}} nodes", { count: pasted.ids.length }), pasted.edits, {
    select: pasted.ids,
  });
  return true;
}

/** Copies the selection in place, fed by the same nodes. */
export function duplicateSelection(session: Session): void {
  const { graph, selection } = session.store.getState();
  const pasted = pasteNodes(graph, copyNodes(graph, selection.nodes), { keepOuter: true });
  if (pasted) session.act(t("Duplicate {{what}}", { what: describe(selection.nodes) }), pasted.edits, { select: pasted.ids });
}

export async function writeClipboard(text: string): Promise<void> {
  // Without a secure context there is no clipboard to write to; the page's own memory serves then.
  if (window.isSecureContext) await navigator.clipboard.writeText(text);
}

export async function readClipboard(): Promise<string> {
  try {
    return (await navigator.clipboard.readText()) || last;
  } catch {
    return last; // not allowed to read: what was copied here is still known
  }
}

/** "conv1" or "3 nodes". */
export function describe(ids: ReadonlySet<string>): string {
  const [only] = ids;
  return ids.size === 1 && only !== undefined ? only : t("{{count}} nodes", { count: ids.size });
}
