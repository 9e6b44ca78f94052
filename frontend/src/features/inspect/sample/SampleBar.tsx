import { ActionIcon, Button, Loader, Text, Tooltip } from "@mantine/core";
import { ChevronLeft, ChevronRight, Eye, EyeOff } from "lucide-react";

import type { ProbeReply } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { messageOf } from "./message";
import { Said } from "./Said";
import classes from "./sample.module.css";

export interface SampleBarProps {
  on: boolean;
  onToggle: () => void;
  /** Why it cannot be looked inside now. */
  hindrance: string | null;
  index: number;
  count: number;
  onIndex: (index: number) => void;
  reply: ProbeReply | undefined;
  error: Error | null;
  isFetching: boolean;
}

/** The switch over the canvas, and which sample goes through the network. */
export function SampleBar({ on, onToggle, hindrance, index, count, onIndex, reply, error, isFetching }: SampleBarProps) {
  const { t } = useTranslation();
  return (
    <div className={classes["bar"]} role="group" aria-label={t("Look inside")}>
      <Tooltip label={hindrance ?? t("Runs one sample through the network as it is drawn, with the weights its training would begin with")}>
        <Button
          size="compact-sm"
          variant={on ? "filled" : "default"}
          aria-pressed={on}
          leftSection={on ? <EyeOff size={14} aria-hidden /> : <Eye size={14} aria-hidden />}
          onClick={onToggle}
        >
          {t("Look inside")}
        </Button>
      </Tooltip>
      {on ? (
        <>
          {reply?.png ? <img src={reply.png} alt={t("The sample")} className={classes["sample"]} /> : null}
          <ActionIcon variant="subtle" color="gray" aria-label={t("Sample before")} disabled={index <= 0} onClick={() => onIndex(index - 1)}>
            <ChevronLeft size={16} />
          </ActionIcon>
          <Text size="xs" className="nw-numbers" aria-live="polite">
            {t("Test sample {{number}}", { number: index + 1 })}
          </Text>
          <ActionIcon variant="subtle" color="gray" aria-label={t("Next sample")} disabled={index >= count - 1} onClick={() => onIndex(index + 1)}>
            <ChevronRight size={16} />
          </ActionIcon>
          <Said reply={reply} />
          {isFetching ? <Loader size={14} role="status" aria-label={t("Loading")} /> : null}
          {hindrance !== null || error ? (
            <Text size="xs" c="var(--nw-warn)" role="status">
              {hindrance ?? messageOf(error)}
            </Text>
          ) : null}
        </>
      ) : null}
    </div>
  );
}
