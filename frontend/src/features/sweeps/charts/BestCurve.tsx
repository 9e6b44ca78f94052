import { Text } from "@mantine/core";

import type { Sweep, SweepTrial } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";
import { keyTitle } from "@/shared/metric";

import { bestSoFar, scoreOf } from "../facts";
import { roundNumbers } from "./axes";
import classes from "./charts.module.css";

const WIDTH = 620;
const HEIGHT = 230;
const LEFT = 58;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 200;

interface Props {
  sweep: Sweep;
  trials: readonly SweepTrial[];
  hovered: number | null;
  onHover: (trial: number | null) => void;
  onOpen: (trial: SweepTrial) => void;
}

/** The score of each trial, and the best of those trained to the end, as the sweep went on. */
export function BestCurve({ sweep, trials, hovered, onHover, onOpen }: Props) {
  const { t } = useTranslation();
  const known = trials.filter((trial) => scoreOf(trial.score) !== null);
  const best = bestSoFar(trials, sweep.goal);
  if (known.length === 0)
    return (
      <Text size="sm" c="dimmed" py="md">
        {t("The curve appears with the first score.")}
      </Text>
    );
  const scores = known.map((trial) => scoreOf(trial.score) ?? 0);
  const [low, high] = padded(Math.min(...scores), Math.max(...scores));
  const last = Math.max(1, trials.length - 1);
  const x = (number: number): number => LEFT + (number / last) * (WIDTH - LEFT - RIGHT);
  const y = (score: number): number => BOTTOM - ((score - low) / (high - low)) * (BOTTOM - TOP);
  const now = best.at(-1);
  const name = keyTitle(sweep.metric);
  return (
    <svg
      className={classes["best"]}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={now ? t("Best {{metric}} so far: {{value}}", { metric: name, value: formatMetric(now.best) }) : t("{{metric}} of each trial", { metric: name })}
    >
      {roundNumbers(low, high, false).map((value) => (
        <g key={value}>
          <line className={classes["grid"]} x1={LEFT} x2={WIDTH - RIGHT} y1={y(value)} y2={y(value)} />
          <text className={classes["tick"]} x={LEFT - 8} y={y(value) + 3.5} textAnchor="end">
            {formatMetric(value)}
          </text>
        </g>
      ))}
      <text className={classes["tick"]} x={(LEFT + WIDTH) / 2} y={HEIGHT - 6} textAnchor="middle">
        {t("Trials in their order")}
      </text>
      <path className={classes["step"]} d={stepPath(best, x, y, trials.length - 1)} />
      {known.map((trial) => (
        // The table below opens trials by the keyboard.
        <circle
          key={trial.number}
          className={classes["dot"]}
          data-state={trial.state}
          data-hovered={hovered === trial.number || undefined}
          cx={x(trial.number)}
          cy={y(scoreOf(trial.score) ?? low)}
          r={known.length > 200 ? 2.5 : 4}
          onPointerEnter={() => onHover(trial.number)}
          onPointerLeave={() => onHover(null)}
          onClick={() => onOpen(trial)}
        />
      ))}
    </svg>
  );
}

function padded(low: number, high: number): [number, number] {
  const room = low === high ? Math.abs(low) / 10 || 1 : (high - low) / 12;
  return [low - room, high + room];
}

/** A staircase that never falls back, drawn on to the last trial. */
function stepPath(points: readonly { number: number; best: number }[], x: (number: number) => number, y: (score: number) => number, last: number): string {
  const [first] = points;
  if (!first) return "";
  const steps = points.slice(1).map((point) => `H${x(point.number).toFixed(1)}V${y(point.best).toFixed(1)}`);
  return `M${x(first.number).toFixed(1)} ${y(first.best).toFixed(1)}${steps.join("")}H${x(last).toFixed(1)}`;
}
