import { Text } from "@mantine/core";

import type { ParameterShare, Sweep } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { pathTitle } from "./names";
import classes from "./sweeps.module.css";

const WEAK = 0.15;

/** How much each parameter has to do with the score, and which way is better. */
export function ImportanceBars({ sweep }: { sweep: Sweep }) {
  const { t } = useTranslation();
  if (sweep.importance.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t("This is known after five trials.")}
      </Text>
    );
  return (
    <>
      <ul className={classes["shares"]}>
        {sweep.importance.map((one) => (
          <li key={one.path}>
            <Text size="sm" fw={560}>
              {pathTitle(one.path)}
            </Text>
            <span className={classes["shareBar"]} aria-hidden>
              <span style={{ width: `${100 * one.share}%` }} />
            </span>
            <Text size="xs" c="dimmed">
              {[t("{{percent}} %", { percent: Math.round(100 * one.share) }), trendText(one, t)].filter(Boolean).join(" · ")}
            </Text>
          </li>
        ))}
      </ul>
      <Text size="xs" c="dimmed" mt="sm">
        {sweep.rungs.length > 1
          ? t("Share of the ranks after the first rung that goes with each parameter alone. What works only together shows less.")
          : t("Share of the ranks that goes with each parameter alone. What works only together shows less.")}
      </Text>
    </>
  );
}

function trendText({ trend }: ParameterShare, t: ReturnType<typeof useTranslation>["t"]): string {
  if (trend === null || Math.abs(trend) < WEAK) return "";
  return trend > 0 ? t("more is better") : t("less is better");
}
