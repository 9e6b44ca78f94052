import { type ReactNode, useState } from "react";

import { useTranslation } from "@/i18n/react";

import classes from "./data.module.css";

/** A place to drop one file on. What is inside offers the same by button, for keyboards. */
export function DropZone({ onFile, children }: { onFile: (file: File | null) => void; children: ReactNode }) {
  const { t } = useTranslation();
  const [over, setOver] = useState(false);
  return (
    <div
      className={classes["drop"]}
      data-over={over}
      role="group"
      aria-label={t("File to upload")}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFile(event.dataTransfer.files[0] ?? null);
      }}
    >
      {children}
    </div>
  );
}
