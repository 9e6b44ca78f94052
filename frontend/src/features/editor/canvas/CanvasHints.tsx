import { Button, Kbd } from "@mantine/core";

import { useTranslation } from "@/i18n/react";

import { isMac, writeShortcut } from "../actions/shortcut";
import { useUiState } from "../ui";
import classes from "./CanvasHints.module.css";

/** What can be done next, where it is not to be seen otherwise: keys while a node has the keyboard, the second tap. */
export function CanvasHints({ onCancelTap }: { onCancelTap: () => void }) {
  const { t } = useTranslation();
  const tapped = useUiState((state) => state.tapped);
  if (tapped) {
    return (
      <div className={classes["hint"]} role="status">
        {tapped.type === "source" ? t("Now tap what shall read it") : t("Now tap what it shall read")}
        <Button size="compact-xs" variant="subtle" onClick={onCancelTap}>
          {t("Cancel")}
        </Button>
      </div>
    );
  }
  return (
    <div className={`${classes["hint"] ?? ""} ${classes["keys"] ?? ""}`} aria-hidden>
      <span>
        <Kbd size="xs">J</Kbd> {t("connections")}
      </span>
      <span>
        <Kbd size="xs">{`${writeShortcut("alt")}${isMac ? "" : "+"}↑↓←→`}</Kbd> {t("along the lines")}
      </span>
      <span>
        <Kbd size="xs">↵</Kbd> {t("select")}
      </span>
      <span>
        <Kbd size="xs">?</Kbd> {t("all keys")}
      </span>
    </div>
  );
}
