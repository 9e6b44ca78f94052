import { Anchor, Group, Text } from "@mantine/core";
import { useEffect, useRef } from "react";

import { runLogUrl } from "@/api/runs";
import { useTranslation } from "@/i18n/react";

import type { LogLine } from "./history";
import classes from "./runs.module.css";

/** This near to the end, new lines are followed. */
const NEAR_END_PX = 40;
const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };

/** The end of a run's log, scrolled along unless one reads further up. */
export function RunLog({ runId, lines }: { runId: string; lines: readonly LogLine[] }) {
  const { t } = useTranslation();
  const list = useRef<HTMLOListElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    const element = list.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, [lines]);
  return (
    <div>
      {lines.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("Nothing has been written yet.")}
        </Text>
      ) : (
        <ol
          ref={list}
          className={classes["log"]}
          aria-label={t("Log")}
          // A region that scrolls has to be reachable by keyboard.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          onScroll={(event) => {
            const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
            follows.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
          }}
        >
          {lines.map((line) => (
            <li key={line.seq} data-level={line.level}>
              <time dateTime={line.time}>{new Date(line.time).toLocaleTimeString(undefined, clock)}</time>
              <span>{line.message}</span>
            </li>
          ))}
        </ol>
      )}
      <Group mt="xs">
        <Anchor size="xs" href={runLogUrl(runId)} target="_blank" rel="noreferrer">
          {t("Whole log as text")}
        </Anchor>
      </Group>
    </div>
  );
}
