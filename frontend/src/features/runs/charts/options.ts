import uPlot from "uplot";

import { formatNumber } from "@/i18n/formats";
import { formatMetric } from "@/shared/format";

import type { Line, LineKind, LogAxes, PlotFrame } from "./align";
import { drawEventMarks, type EventMark } from "./eventMarks";
import { colorOf, dashOf, type PlotColors, withAlpha } from "./theme";

export type Range = readonly [number, number];

/** What the plot asks while it draws: read anew each time, so that a change needs no new plot. */
export interface PlotHooks {
  colors: () => PlotColors;
  frame: () => PlotFrame;
  events: () => readonly EventMark[];
  range: () => Range | null;
  onZoom: (range: Range | null) => void;
  /** The step under the pointer; null when it left. */
  onHover: (step: number | null) => void;
}

export interface PlotSize {
  width: number;
  height: number;
}

/** uPlot hides some splits of a logarithmic axis by making them null, which its types do not say. */
const axisText = (value: number | null): string => (value === null ? "" : formatMetric(value));

// The type is a const enum, which exists only for compilers that see all files at once.
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const LOGARITHMIC: uPlot.Scale.Distr = 3;
const FONT = '11px "Inter Variable", system-ui, sans-serif';
/** A shorter drag is a click. */
const SHORTEST_DRAG = 5;

export function makeOptions(
  frame: PlotFrame,
  log: LogAxes,
  group: string,
  size: PlotSize,
  hooks: PlotHooks,
): uPlot.Options {
  const axis: uPlot.Axis = {
    font: FONT,
    stroke: () => hooks.colors().text,
    grid: { stroke: () => hooks.colors().grid, width: 1 },
    ticks: { show: false },
  };
  return {
    ...size,
    legend: { show: false },
    padding: [10, 26, 0, 0],
    scales: {
      x: {
        time: false,
        ...(log.x ? { distr: LOGARITHMIC, log: 10 as const } : {}),
        range: (_plot, min, max) => rangeOf(hooks.range(), min, max, log.x),
      },
      y: log.y ? { distr: LOGARITHMIC, log: 10, range: (_plot, min, max) => logRange(min, max) } : {},
    },
    axes: [
      { ...axis, size: 28, values: (_plot, splits) => splits.map(stepText) },
      { ...axis, size: 58, values: (_plot, splits) => splits.map(axisText) },
    ],
    series: [{}, ...frame.lines.map((line) => seriesOf(line, hooks))],
    bands: bandsOf(frame.lines, hooks),
    cursor: {
      y: false,
      points: { size: 7 },
      drag: { x: true, y: false, setScale: false },
      sync: { key: group, setSeries: false },
      bind: {
        dblclick: () => () => {
          hooks.onZoom(null);
          return null;
        },
      },
    },
    hooks: {
      setCursor: [(plot) => hooks.onHover(hoveredStep(plot))],
      setSelect: [(plot) => zoomToSelection(plot, hooks)],
      draw: [(plot) => drawMarks(plot, hooks), (plot) => drawEventMarks(plot, hooks.events(), hooks.colors())],
    },
  };
}

/** A constant, such as a learning rate, gets a decade around it; uPlot's own range would be empty. */
function logRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0.1, 1];
  if (min === max) return [min / 10, max * 10];
  const [low, high] = uPlot.rangeLog(min, max, 10, false);
  return [low ?? min, high ?? max];
}

/** A split between two steps, or one that a logarithmic axis hides, has no text. */
const stepText = (step: number | null): string => (step !== null && Number.isInteger(step) ? formatNumber(step) : "");

function rangeOf(chosen: Range | null, min: number | null, max: number | null, log: boolean): [number, number] {
  if (min === null || max === null) return [1, 2];
  if (chosen) return [log ? Math.max(1, chosen[0]) : chosen[0], chosen[1]];
  if (log) return [Math.max(1, min), Math.max(2, max)];
  return min === max ? [min - 1, max + 1] : [min, max];
}

/** What is drawn less strongly. */
const ALPHA: Partial<Record<LineKind, number>> = { faint: 0.32, ghost: 0.62 };

function seriesOf(line: Line, hooks: PlotHooks): uPlot.Series {
  const color = (): string => colorOf(line, hooks.colors());
  const edge = line.kind === "min" || line.kind === "max";
  return {
    label: line.label,
    width: line.kind === "smooth" || line.kind === "raw" ? 1.8 : line.kind === "ghost" ? 1.4 : 1,
    stroke: () => (edge ? "transparent" : withAlpha(color(), ALPHA[line.kind] ?? 1)),
    dash: edge || line.kind === "faint" ? [] : dashOf(line),
    points: { show: line.sparse && !edge && ALPHA[line.kind] === undefined, size: 5, fill: () => color() },
    spanGaps: false,
  };
}

/** The strip between the least and the greatest value of each bucket. */
function bandsOf(lines: readonly Line[], hooks: PlotHooks): uPlot.Band[] {
  return lines.flatMap((line, place) =>
    line.kind === "max"
      ? [{ series: [place + 1, place + 2] as [number, number], fill: () => withAlpha(colorOf(line, hooks.colors()), 0.2) }]
      : [],
  );
}

function hoveredStep(plot: uPlot): number | null {
  const { idx, left } = plot.cursor;
  if (idx === undefined || idx === null || left === undefined || left < 0) return null;
  return plot.data[0][idx] ?? null;
}

function zoomToSelection(plot: uPlot, hooks: PlotHooks): void {
  const { left, width } = plot.select;
  if (width < SHORTEST_DRAG) return;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  const from = plot.posToVal(left, "x");
  const to = plot.posToVal(left + width, "x");
  // Between two steps there is nothing to see.
  if (to - from >= 1) hooks.onZoom([Math.floor(from), Math.ceil(to)]);
}

/** A triangle on the axis wherever a value was NaN or infinite. */
function drawMarks(plot: uPlot, hooks: PlotHooks): void {
  const { ctx, bbox } = plot;
  const size = 5 * uPlot.pxRatio;
  ctx.save();
  ctx.fillStyle = hooks.colors().mark;
  for (const { step } of hooks.frame().marks) {
    const x = plot.valToPos(step, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const y = bbox.top + bbox.height;
    ctx.beginPath();
    ctx.moveTo(x, y - 2 * size);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x - size, y);
    ctx.closePath();
    ctx.fill();
  }
  ctx.restore();
}
