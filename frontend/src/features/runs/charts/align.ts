import type uPlot from "uplot";

import type { Role } from "@/shared/metric";

import { countUpTo } from "../curves";
import type { ChartCurve } from "./groups";
import { smooth } from "./smooth";

export type LineKind = "raw" | "faint" | "smooth" | "min" | "max" | "ghost";

/** One uPlot series: which curve it belongs to and how it is drawn. */
export interface Line {
  key: string;
  label: string;
  role: Role;
  kind: LineKind;
  tint?: number | undefined;
  /** Few points that lie far apart are drawn as dots too. */
  sparse: boolean;
}

export interface Mark {
  step: number;
  role: Role;
  label: string;
  value: number;
}

export interface PlotFrame {
  lines: Line[];
  data: uPlot.AlignedData;
  /** Where a value was NaN or infinite. */
  marks: Mark[];
  /** Changes when the plot has to be built anew and not only fed. */
  signature: string;
}

interface Column {
  line: Line;
  step: readonly number[];
  value: readonly number[];
}

const SPARSE = 60;

/** Which axes are logarithmic. */
export interface LogAxes {
  x: boolean;
  y: boolean;
}

/** Brings the curves of one chart onto one axis of steps, as uPlot wants them. */
export function alignCurves(curves: readonly ChartCurve[], smoothing: number, log: LogAxes): PlotFrame {
  const columns = curves.flatMap((curve) => columnsOf(curve, smoothing));
  const all = mergeSteps(curves.map((curve) => curve.step));
  // A logarithm has no place for step 0.
  const step = log.x ? all.slice(countUpTo(all, 0)) : all;
  const spread = columns.map((column) => spreadOver(step, column, log.y));
  const lines = columns.map((column) => column.line);
  return {
    lines,
    data: [step, ...spread],
    marks: curves.filter((curve) => !curve.ghost).flatMap(marksOf),
    signature: lines.map((line) => `${line.key}:${line.kind}:${line.sparse}`).join("|"),
  };
}

function columnsOf(curve: ChartCurve, smoothing: number): Column[] {
  const { key, label, role, step, tint } = curve;
  const line = (kind: LineKind): Line => ({ key, label, role, kind, tint, sparse: step.length <= SPARSE });
  if (curve.ghost) return [{ line: line("ghost"), step, value: smoothing === 0 ? curve.value : smooth(curve.value, smoothing) }];
  const columns: Column[] = [];
  if (!curve.full) {
    columns.push({ line: line("max"), step, value: curve.max }, { line: line("min"), step, value: curve.min });
  }
  if (smoothing === 0) return [...columns, { line: line("raw"), step, value: curve.value }];
  return [
    ...columns,
    { line: line("faint"), step, value: curve.value },
    { line: line("smooth"), step, value: smooth(curve.value, smoothing) },
  ];
}

/** The ascending union of ascending lists. */
export function mergeSteps(lists: readonly (readonly number[])[]): number[] {
  return lists.reduce<number[]>((merged, list) => mergeTwo(merged, list), []);
}

function mergeTwo(a: readonly number[], b: readonly number[]): number[] {
  if (a.length === 0) return [...b];
  const merged: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i] ?? Infinity;
    const right = b[j] ?? Infinity;
    merged.push(Math.min(left, right));
    if (left <= right) i += 1;
    if (right <= left) j += 1;
  }
  return merged;
}

/** For uPlot, `undefined` is "this curve has no point here" and `null` is a hole in it. */
function spreadOver(steps: readonly number[], column: Column, logarithmic: boolean): (number | null | undefined)[] {
  let next = countUpTo(column.step, (steps[0] ?? 0) - 0.5);
  return steps.map((step) => {
    if (column.step[next] !== step) return undefined;
    const value = column.value[next] ?? Number.NaN;
    next += 1;
    if (!Number.isFinite(value) || (logarithmic && value <= 0)) return null;
    return value;
  });
}

function marksOf(curve: ChartCurve): Mark[] {
  const marks: Mark[] = [];
  curve.value.forEach((value, place) => {
    const step = curve.step[place];
    if (!Number.isFinite(value) && step !== undefined) marks.push({ step, role: curve.role, label: curve.label, value });
  });
  return marks;
}
