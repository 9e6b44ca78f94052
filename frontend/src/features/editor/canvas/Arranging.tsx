import { Button, Loader } from "@mantine/core";
import { useEffect } from "react";

import { useTranslation } from "@/i18n/react";

import { useSessionState } from "../session/context";
import { useUiState } from "../ui";
import classes from "./CanvasHints.module.css";

/** Says that a layout is being worked out; it can be stopped here or by Escape. */
export function Arranging() {
  const stop = useUiState((state) => state.stopArranging);
  return stop ? <Notice stop={stop} /> : null;
}

function Notice({ stop }: { stop: () => void }) {
  const { t } = useTranslation();
  const count = useSessionState((state) => state.graph.nodes.length);
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      stop();
    }
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, [stop]);
  return (
    <div className={classes["hint"]} role="status">
      <Loader size={14} aria-hidden />
      {t("Arranging {{count}} nodes", { count })}
      <Button size="compact-xs" variant="subtle" onClick={stop}>
        {t("Cancel")}
      </Button>
    </div>
  );
}
