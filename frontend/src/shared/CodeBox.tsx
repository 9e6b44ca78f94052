import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import type { CSSProperties, ReactNode } from "react";

import { useTranslation } from "@/i18n/react";

import classes from "./CodeBox.module.css";

interface CodeBoxProps {
  /** What is copied, and shown unless `children` shows it in colours. */
  text: string;
  label: string;
  /** As CSS writes it; what is longer scrolls. */
  maxHeight: string;
  /** Long lines go on in the next instead of scrolling sideways. */
  wrap?: boolean;
  children?: ReactNode;
}

/** A text to be read and copied: a program, a command, a request. */
export function CodeBox({ text, label, maxHeight, wrap = false, children }: CodeBoxProps) {
  const { t } = useTranslation();
  return (
    <div className={classes["code"]} data-wrap={wrap || undefined} style={{ "--most": maxHeight } as CSSProperties}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls */}
      <pre tabIndex={0} aria-label={label}>
        {children ?? text}
      </pre>
      <CopyButton value={text} timeout={1500}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t("Copied") : t("Copy")}>
            <ActionIcon
              className={classes["copy"] ?? ""}
              variant="default"
              aria-label={copied ? t("{{label}} copied", { label }) : t("Copy {{label}}", { label })}
              onClick={copy}
            >
              {copied ? <Check size={15} /> : <Copy size={15} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </div>
  );
}
