import { Button, Group, Select, Text } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { FilterX } from "lucide-react";
import { type CSSProperties, useMemo, useState } from "react";

import type { Sweep, SweepTrial } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";
import { keyTitle } from "@/shared/metric";

import { scoreOf } from "../facts";
import { pathTitle, valueText } from "../names";
import { type Axis, axesOf, type Brushes, SCORE, withinBrushes } from "./axes";
import { AxisColumn, BOTTOM, HEIGHT, TOP } from "./AxisColumn";
import classes from "./charts.module.css";

/** Room beside the outer axes, for their names. */
const EDGE = 84;
const LEAST_GAP = 120;

interface Props {
  sweep: Sweep;
  trials: readonly SweepTrial[];
  brushes: Brushes;
  onBrush: (brushes: Brushes) => void;
  hovered: number | null;
  onHover: (trial: number | null) => void;
  onOpen: (trial: SweepTrial) => void;
}

/** Every trial a line through its values to its score; axes are brushed by dragging along them, or by the keyboard. */
export function ParallelCoordinates({ sweep, trials, brushes, onBrush, hovered, onHover, onOpen }: Props) {
  const { t } = useTranslation();
  const [tint, setTint] = useState(SCORE);
  const { parameters, metric } = sweep;
  const axes = useMemo(() => axesOf({ parameters, metric }, trials), [parameters, metric, trials]);
  const inside = useMemo(() => new Set(withinBrushes(trials, axes, brushes).map((trial) => trial.number)), [trials, axes, brushes]);
  const tinted = axes.find((axis) => axis.id === tint) ?? axes.at(-1);
  const drawn = trials.filter((trial) => scoreOf(trial.score) !== null);
  const { ref: host, width: room } = useElementSize();
  const gap = Math.max(LEAST_GAP, (room - 2 * EDGE) / Math.max(1, axes.length - 1));
  const width = 2 * EDGE + gap * (axes.length - 1);
  const shown = trials.find((trial) => trial.number === hovered);
  const brush = (id: string, span: readonly [number, number] | null): void => {
    const { [id]: _old, ...rest } = brushes;
    onBrush(span === null ? rest : { ...rest, [id]: span });
  };
  return (
    <div>
      <Group justify="space-between" mb={6} gap="sm">
        <Text size="xs" c="dimmed" role="status">
          {shown ? trialText(shown, sweep, t) : t("{{inside}} of {{all}} trials within the chosen parts", { inside: drawn.filter((one) => inside.has(one.number)).length, all: drawn.length })}
        </Text>
        <Group gap="xs">
          {Object.keys(brushes).length > 0 ? (
            <Button size="compact-xs" variant="default" leftSection={<FilterX size={13} aria-hidden />} onClick={() => onBrush({})}>
              {t("Show all trials")}
            </Button>
          ) : null}
          <Select
            size="xs"
            w={190}
            aria-label={t("Colour by")}
            allowDeselect={false}
            data={axes.map((axis) => ({ value: axis.id, label: axis.title }))}
            value={tint}
            onChange={(id) => setTint(id ?? SCORE)}
          />
        </Group>
      </Group>
      <div ref={host} className={classes["scroller"]}>
        <svg
          className={classes["parallel"]}
          width={width}
          height={HEIGHT}
          role="group"
          aria-label={t("Parallel coordinates of {{count}} trials", { count: drawn.length })}
        >
          <g onPointerLeave={() => onHover(null)} data-rising={sweep.goal === "max"}>
            {drawn.map((trial) => (
              <TrialLine
                key={trial.number}
                trial={trial}
                axes={axes}
                gap={gap}
                tint={tinted ? tintOf(tinted, trial, sweep.goal) : 0}
                mode={hovered === trial.number ? "hovered" : inside.has(trial.number) ? "inside" : "outside"}
                onHover={onHover}
                onOpen={onOpen}
              />
            ))}
            {shown && scoreOf(shown.score) !== null ? (
              <path className={classes["over"]} d={pathOf(shown, axes, gap)} aria-hidden />
            ) : null}
          </g>
          {axes.map((axis, at) => (
            <AxisColumn key={axis.id} axis={axis} x={EDGE + at * gap} brush={brushes[axis.id] ?? null} onBrush={(span) => brush(axis.id, span)} />
          ))}
        </svg>
      </div>
    </div>
  );
}

/** 0 for the worst, 1 for the best where it is the score. */
function tintOf(axis: Axis, trial: SweepTrial, goal: Sweep["goal"]): number {
  const place = axis.placeOf(trial) ?? 0;
  return axis.id === SCORE && goal === "min" ? 1 - place : place;
}

const yOf = (place: number): number => BOTTOM - place * (BOTTOM - TOP);

/** A line from axis to axis; one that has no value somewhere is left open there. */
function pathOf(trial: SweepTrial, axes: readonly Axis[], gap: number): string {
  let path = "";
  let open = true;
  axes.forEach((axis, at) => {
    const place = axis.placeOf(trial);
    if (place === null) {
      open = true;
      return;
    }
    path += `${open ? "M" : "L"}${(EDGE + at * gap).toFixed(1)} ${yOf(place).toFixed(1)}`;
    open = false;
  });
  return path;
}

interface LineProps {
  trial: SweepTrial;
  axes: readonly Axis[];
  gap: number;
  tint: number;
  mode: "inside" | "outside" | "hovered";
  onHover: (trial: number | null) => void;
  onOpen: (trial: SweepTrial) => void;
}

function TrialLine({ trial, axes, gap, tint, mode, onHover, onOpen }: LineProps) {
  const path = pathOf(trial, axes, gap);
  const style = { "--tint": `${Math.round(tint * 100)}%` } as CSSProperties;
  return (
    <g className={classes["line"]} data-mode={mode} data-early={trial.state === "early" || undefined} style={style}>
      <path d={path} />
      {mode === "outside" ? null : (
        // The table below opens trials by the keyboard.
        <path className={classes["reach"]} d={path} onPointerEnter={() => onHover(trial.number)} onClick={() => onOpen(trial)} />
      )}
    </g>
  );
}

type Say = ReturnType<typeof useTranslation>["t"];

function trialText(trial: SweepTrial, sweep: Sweep, t: Say): string {
  const values = sweep.parameters.map(({ path }) => `${pathTitle(path)} ${valueText(trial.values[path])}`);
  const score = trial.score === null ? "–" : formatMetric(trial.score);
  return [t("Trial {{number}}", { number: trial.number + 1 }), ...values, `${keyTitle(sweep.metric)} ${score}`].join(" · ");
}
