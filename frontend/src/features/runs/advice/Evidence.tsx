import type { RunAdvice } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric, toNumber } from "@/shared/format";
import { keyTitle, splitKey } from "@/shared/metric";

import { plotClass } from "../charts/theme";
import classes from "./advice.module.css";
import { barWidths, pathOf } from "./evidence";
import { sayText } from "./say";

const WIDTH = 260;
const HEIGHT = 64;
const BARS = 12;

/** What an advice rests on: values by layer, or the course of the loss. */
export function Evidence({ advice }: { advice: RunAdvice }) {
  const { t } = useTranslation();
  const { evidence } = advice;
  const title = evidence.measure === "" ? "" : sayText(evidence.measure, advice, t);
  if (evidence.bars.length > 0) return <Bars advice={advice} title={title} />;
  if (Object.keys(evidence.curves).length > 0) return <Curves advice={advice} />;
  return null;
}

function Bars({ advice, title }: { advice: RunAdvice; title: string }) {
  const { evidence, layer } = advice;
  const values = evidence.bars.map((bar) => toNumber(bar.value));
  const limit = evidence.limit === null ? null : toNumber(evidence.limit);
  const widths = barWidths(values, limit, evidence.logarithmic);
  const first = Math.max(0, Math.min(evidence.bars.findIndex((bar) => bar.name === layer) - BARS / 2, evidence.bars.length - BARS));
  return (
    <figure className={classes["bars"]}>
      <figcaption>{title}</figcaption>
      <ul>
        {evidence.bars.slice(first, first + BARS).map((bar, place) => (
          <li key={bar.name} data-blamed={bar.name === layer ? true : undefined}>
            <span>{bar.name}</span>
            <span className={classes["track"]} aria-hidden>
              <span style={{ width: `${widths.values[first + place] ?? 0}%` }} data-over={limit !== null && (values[first + place] ?? 0) >= limit ? true : undefined} />
              {widths.limit === null ? null : <i style={{ left: `${widths.limit}%` }} />}
            </span>
            <span className="nw-numbers">{formatMetric(bar.value)}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}

function Curves({ advice }: { advice: RunAdvice }) {
  const { t } = useTranslation();
  const curves = Object.entries(advice.evidence.curves).map(([key, points]) => ({
    key,
    points: points.map(([step, value]): [number, number] => [step, toNumber(value)]),
  }));
  const all = curves.flatMap((curve) => curve.points);
  const label = curves
    .map(({ key, points }) => t("{{curve}} from {{first}} to {{last}}", { curve: keyTitle(key), first: formatMetric(points[0]?.[1] ?? 0), last: formatMetric(points.at(-1)?.[1] ?? 0) }))
    .join(", ");
  return (
    <svg className={`${plotClass} ${classes["curves"] ?? ""}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {curves.map(({ key, points }) => (
        <path key={key} d={pathOf(points, all, WIDTH, HEIGHT)} data-role={splitKey(key)[0]} fill="none" />
      ))}
    </svg>
  );
}
