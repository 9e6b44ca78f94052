import { TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";

import { findGroup } from "@/graph/groups";
import { findNode, ID_PATTERN } from "@/graph/model";
import { useTranslation } from "@/i18n/react";

import { useAct } from "../actions/useActions";
import { useSessionState } from "../session/context";
import { useUi, useUiState } from "../ui";

/** The name of a node or group; taken over when the field is left, because half a name is not one. */
export function NodeName({ id, isGroup = false }: { id: string; isGroup?: boolean }) {
  const { t } = useTranslation();
  const act = useAct();
  const [draft, setDraft] = useState(id);
  const isTaken = useSessionState(
    ({ graph }) => draft !== id && (findNode(graph, draft) !== undefined || findGroup(graph, draft) !== undefined),
  );
  const asked = useUiState((state) => state.focusName);
  const ui = useUi();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (asked === ui.getState().nameSeen) return;
    ui.setState({ nameSeen: asked });
    field.current?.focus();
    field.current?.select();
  }, [asked, ui]);

  const error = isTaken
    ? t("Another node has this name")
    : ID_PATTERN.test(draft)
      ? null
      : t("Letters, digits and _, a letter first, at most 64");

  function commit(): void {
    if (error !== null) setDraft(id);
    else if (draft !== id)
      act(t("Rename {{id}} to {{draft}}", { id, draft }), [{ type: isGroup ? "rename-group" : "rename-node", id, to: draft }], {
        select: [draft],
      });
  }

  return (
    <TextInput
      ref={field}
      label={t("Name")}
      size="xs"
      value={draft}
      error={error}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          commit();
          // The node of the new name has a field of its own, which takes the keyboard over.
          if (error === null && draft !== id) ui.setState((state) => ({ focusName: state.focusName + 1 }));
        }
        if (event.key === "Escape") setDraft(id);
      }}
    />
  );
}
