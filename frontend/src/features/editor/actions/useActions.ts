import { useCallback, useEffect } from "react";

import { EditError } from "@/graph/edits";
import { t } from "@/i18n";
import { notifyError } from "@/shared/notify";

import { useSession } from "../session/context";
import { useUi } from "../ui";
import { copySelection, pasteText } from "./clipboard";
import { deleteSelection } from "./delete";
import { type Action, actions } from "./registry";
import { isTyping, matchesShortcut } from "./shortcut";

/** Performs an action if it can be performed now; what goes wrong is told, never swallowed. */
export function usePerform(): (action: Action) => void {
  const session = useSession();
  const ui = useUi();
  return useCallback(
    (action: Action) => {
      if (!action.enabled(session.store.getState())) return;
      Promise.resolve()
        .then(() => action.perform({ session, ui }))
        .catch((error: unknown) => notifyError(error, t("{{label}} did not work", { label: t(action.label) })));
    },
    [session, ui],
  );
}

/** An edit made by pointing or typing; an edit that does not fit any more is told. */
export function useAct(): ReturnType<typeof useSession>["act"] {
  const session = useSession();
  return useCallback(
    (label, edits, options) => {
      try {
        session.act(label, edits, options);
      } catch (error) {
        if (!(error instanceof EditError)) throw error;
        notifyError(error, t("{{label}}: not possible any more", { label }));
      }
    },
    [session],
  );
}

/** Listens to the keyboard and the clipboard while the editor is shown. */
export function useShortcuts(): void {
  const perform = usePerform();
  const session = useSession();
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.defaultPrevented || isTyping(event.target)) return;
      const action = actions.find(
        (one) => !one.native && one.shortcuts.some((shortcut) => matchesShortcut(event, shortcut)),
      );
      if (!action?.enabled(session.store.getState())) return;
      event.preventDefault();
      perform(action);
    }
    /** React Flow takes arrow keys on a node for itself, whatever is held with them. */
    function onAlt(event: KeyboardEvent): void {
      if (!event.altKey) return;
      onKey(event);
      if (event.defaultPrevented) event.stopPropagation();
    }
    function onCopy(event: ClipboardEvent): void {
      if (isTyping(event.target) || window.getSelection()?.isCollapsed === false) return;
      const text = copySelection(session);
      if (text === null) return;
      event.clipboardData?.setData("text/plain", text);
      event.preventDefault();
      if (event.type === "cut") deleteSelection(session);
    }
    function onPaste(event: ClipboardEvent): void {
      if (isTyping(event.target)) return;
      if (pasteText(session, event.clipboardData?.getData("text/plain") ?? "")) event.preventDefault();
    }
    window.addEventListener("keydown", onAlt, { capture: true });
    window.addEventListener("keydown", onKey);
    window.addEventListener("copy", onCopy);
    window.addEventListener("cut", onCopy);
    window.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("keydown", onAlt, { capture: true });
      window.removeEventListener("keydown", onKey);
      window.removeEventListener("copy", onCopy);
      window.removeEventListener("cut", onCopy);
      window.removeEventListener("paste", onPaste);
    };
  }, [perform, session]);
}
