import { Anchor } from "@mantine/core";

import type { PlanPass } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatBytes } from "@/shared/format";

import { chapterTitles, chapterUrl, passStory } from "./stories";
import classes from "./xray.module.css";

/** What each pass of the Scheduler changed, in their order, and what it is for. */
export function PassList({ passes }: { passes: readonly PlanPass[] }) {
  const { t } = useTranslation();
  return (
    <ol className={classes["passes"]}>
      {passes.map((pass, at) => {
        const story = passStory(pass.name);
        const isIdle = pass.idle;
        return (
          <li key={at} data-idle={isIdle || undefined}>
            <code>{pass.name}</code>
            <span className="nw-numbers">
              {isIdle
                ? t("found nothing to do")
                : t("{{before}} → {{after}} steps, peak {{from}} → {{to}}", {
                    before: pass.steps_before,
                    after: pass.steps_after,
                    from: formatBytes(pass.bytes_before),
                    to: formatBytes(pass.bytes_after),
                  })}
            </span>
            {story ? (
              <p>
                {story.text}{" "}
                <Anchor href={chapterUrl(story.chapter)} target="_blank" rel="noreferrer" fz="inherit" underline="always">
                  {t(chapterTitles[story.chapter])}
                </Anchor>
              </p>
            ) : null}
            {isIdle ? null : <p>{pass.changed}</p>}
          </li>
        );
      })}
    </ol>
  );
}
