import { SegmentedControl, Skeleton, Text } from "@mantine/core";
import { useCallback, useState } from "react";

import type { HistogramHistory, HistoryKind } from "@/api/types";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";
import { ProblemText } from "@/shared/ProblemText";

import type { Scheme } from "../draw/colors";
import { commonRange, paintHistory } from "../draw/histogram";
import { PixelCanvas } from "../draw/PixelCanvas";
import classes from "./film.module.css";
import { useHistory } from "./queries";

const ROWS = 40;

interface Props {
  run: string;
  name: string;
  /** `node`: activations; `weight`: values or gradients, as one chooses. */
  of: "node" | "weight";
  last: number | null;
  /** The step that is shown elsewhere. */
  step: number | null;
}

/** How the values of one tensor moved while it was trained: time from left to right, brighter where more of them lie. */
export function HistoryView({ run, name, of, last, step }: Props) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<"weight" | "gradient">("weight");
  const wanted: HistoryKind = of === "node" ? "activation" : kind;
  const history = useHistory(run, name, wanted, last);
  return (
    <section className={`nw-card ${classes["history"] ?? ""}`} aria-label={t("{{name}} over time", { name })}>
      <div className={classes["historyHead"]}>
        <Text size="sm" fw={600}>
          {t("{{name}} over time", { name })}
        </Text>
        {of === "weight" ? (
          <SegmentedControl
            size="xs"
            aria-label={t("What is shown")}
            data={[
              { value: "weight", label: t("Values") },
              { value: "gradient", label: t("Gradient") },
            ]}
            value={kind}
            onChange={(value) => setKind(value === "gradient" ? "gradient" : "weight")}
          />
        ) : null}
      </div>
      {history.data ? <Map history={history.data} step={step} /> : history.error ? <ProblemText error={history.error} /> : <Skeleton height={180} />}
    </section>
  );
}

function Map({ history, step }: { history: HistogramHistory; step: number | null }) {
  const { t } = useTranslation();
  const paint = useCallback((scheme: Scheme) => paintHistory(history, ROWS, scheme), [history]);
  const [low, high] = commonRange(history.histograms);
  const at = step === null ? -1 : history.steps.indexOf(step);
  const first = history.histograms[0];
  const final = history.histograms.at(-1);
  const label = t("Histograms of {{name}} over {{steps}} snapshots. Spread {{before}} at first, {{after}} at last; values from {{low}} to {{high}}.", {
    name: history.name,
    steps: history.steps.length,
    before: formatMetric(first?.std ?? 0),
    after: formatMetric(final?.std ?? 0),
    low: formatMetric(low),
    high: formatMetric(high),
  });
  return (
    <div className={classes["map"]}>
      <div className={classes["mapAxis"]} aria-hidden>
        <span>{formatMetric(high)}</span>
        <span>{formatMetric(low)}</span>
      </div>
      <div className={classes["mapBody"]}>
        <PixelCanvas paint={paint} label={label} className={classes["mapCanvas"]} />
        {at >= 0 ? <span className={classes["mapMark"]} style={{ left: `${(100 * (at + 0.5)) / history.steps.length}%` }} aria-hidden /> : null}
        <div className={classes["mapSteps"]} aria-hidden>
          <span>{formatNumber(history.steps[0] ?? 0)}</span>
          <span>{t("step {{step}}", { step: formatNumber(history.steps.at(-1) ?? 0) })}</span>
        </div>
      </div>
    </div>
  );
}
