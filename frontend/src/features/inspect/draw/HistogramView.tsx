import { memo } from "react";

import type { Histogram } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";

import classes from "./draw.module.css";
import { outline } from "./histogram";

interface Props {
  histogram: Histogram;
  name: string;
  width?: number;
  height?: number;
  tone?: "values" | "gradient";
}

/** A histogram with its ends written under it. */
export const HistogramView = memo(function HistogramView({ histogram, name, width = 150, height = 44, tone = "values" }: Props) {
  const { t } = useTranslation();
  const { low, high } = histogram;
  const label = t("{{name}}: from {{low}} to {{high}}, mean {{mean}}, spread {{std}}", {
    name,
    low: formatMetric(low),
    high: formatMetric(high),
    mean: formatMetric(histogram.mean),
    std: formatMetric(histogram.std),
  });
  const nought = low < 0 && high > 0 ? (width * -low) / (high - low) : null;
  return (
    <span className={classes["histogram"]} style={{ width }}>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
        {nought === null ? null : <line x1={nought} x2={nought} y1={0} y2={height} className={classes["nought"]} />}
        <path d={outline(histogram, width, height)} className={classes[tone]} />
        <line x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} className={classes["axis"]} />
      </svg>
      <span className={classes["ends"]} aria-hidden>
        <span>{formatMetric(low)}</span>
        <span>{formatMetric(high)}</span>
      </span>
    </span>
  );
});
