import { Text } from "@mantine/core";

import type { Split } from "@/api/types";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";

import classes from "./data.module.css";

/** More classes than this are summed up in a line. */
const SHOWN = 30;

interface Props {
  counts: Readonly<Record<string, number>>;
  split: Split;
  chosen: string | null;
  /** Null where samples cannot be chosen by class. */
  onChoose: ((label: string) => void) | null;
}

/** How many samples each class has, as bars; a class shows its samples. */
export function ClassBalance({ counts, split, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const entries = Object.entries(counts);
  const largest = Math.max(1, ...entries.map(([, count]) => count));
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Class balance")}>
      <h2>{split === "train" ? t("Class balance, training") : t("Class balance, test")}</h2>
      <ul className={classes["bars"]}>
        {entries.slice(0, SHOWN).map(([label, count]) => (
          <li key={label}>
            {onChoose ? (
              <button type="button" title={label} aria-pressed={chosen === label} onClick={() => onChoose(label)}>
                {label}
              </button>
            ) : (
              <span title={label}>{label}</span>
            )}
            <div className={classes["track"]} aria-hidden>
              <div className={classes["fill"]} style={{ width: `${(100 * count) / largest}%` }} />
            </div>
            <span>{formatNumber(count)}</span>
          </li>
        ))}
      </ul>
      {entries.length > SHOWN ? (
        <Text size="xs" c="dimmed" mt="xs">
          {t("and {{count}} more classes", { count: entries.length - SHOWN })}
        </Text>
      ) : null}
    </section>
  );
}
