import type { ParamValue, Sweep, SweepParameter, SweepTrial } from "@/api/types";
import { formatMetric } from "@/shared/format";
import { keyTitle } from "@/shared/metric";

import { scoreOf } from "../facts";
import { pathTitle, valueText } from "../names";

export interface Tick {
  /** 0 at the bottom, 1 at the top. */
  place: number;
  text: string;
}

/** One upright axis: where a trial's value stands on it, and what stands at a place. */
export interface Axis {
  id: string;
  title: string;
  ticks: Tick[];
  /** 0 to 1; null where the trial has no value. */
  placeOf: (trial: SweepTrial) => number | null;
  textAt: (place: number) => string;
}

export const SCORE = "score";
const NEAR = 1e-6;

/** An axis for each parameter, and the score's at the end. */
export function axesOf(sweep: Pick<Sweep, "parameters" | "metric">, trials: readonly SweepTrial[]): Axis[] {
  return [...sweep.parameters.map((parameter) => parameterAxis(parameter)), scoreAxis(sweep.metric, trials)];
}

function parameterAxis(parameter: SweepParameter): Axis {
  const { path } = parameter;
  const read = (trial: SweepTrial): ParamValue | undefined => trial.values[path];
  if (parameter.kind === "choice" && !isRising(parameter.values)) return choiceAxis(path, parameter.values, read);
  const numbers = parameter.kind === "choice" ? (parameter.values as number[]) : [parameter.low, parameter.high];
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  const log = parameter.kind === "choice" ? low > 0 && high / low >= 16 : parameter.log === true;
  return numberAxis(path, pathTitle(path), low, high, log, (trial) => {
    const value = read(trial);
    return typeof value === "number" ? value : null;
  });
}

/** Numbers in order, enough of them to be a scale. */
function isRising(values: readonly ParamValue[]): boolean {
  return values.length > 1 && values.every((value, at) => typeof value === "number" && (at === 0 || value > Number(values[at - 1])));
}

function choiceAxis(path: string, values: readonly ParamValue[], read: (trial: SweepTrial) => ParamValue | undefined): Axis {
  const keys = values.map((value) => JSON.stringify(value));
  const placeAt = (at: number): number => (values.length === 1 ? 0.5 : at / (values.length - 1));
  return {
    id: path,
    title: pathTitle(path),
    ticks: values.map((value, at) => ({ place: placeAt(at), text: valueText(value) })),
    placeOf: (trial) => {
      const at = keys.indexOf(JSON.stringify(read(trial)));
      return at < 0 ? null : placeAt(at);
    },
    textAt: (place) => valueText(values[Math.round(place * (values.length - 1))]),
  };
}

function scoreAxis(metric: string, trials: readonly SweepTrial[]): Axis {
  const scores = trials.map((trial) => scoreOf(trial.score)).filter((score) => score !== null);
  const low = scores.length > 0 ? Math.min(...scores) : 0;
  const high = scores.length > 0 ? Math.max(...scores) : 1;
  return numberAxis(SCORE, keyTitle(metric), low, high, false, (trial) => scoreOf(trial.score));
}

const STEPS = 5;

function numberAxis(id: string, title: string, low: number, high: number, log: boolean, read: (trial: SweepTrial) => number | null): Axis {
  const [from, to] = log ? [Math.log(low), Math.log(high)] : [low, high];
  const span = to - from;
  const placeOf = (value: number): number => (span === 0 ? 0.5 : ((log ? Math.log(value) : value) - from) / span);
  const valueAt = (place: number): number => (log ? Math.exp(from + place * span) : from + place * span);
  const textAt = (place: number): string => formatMetric(Number(valueAt(place).toPrecision(3)));
  return {
    id,
    title,
    ticks: roundNumbers(low, high, log).map((value) => ({ place: placeOf(value), text: formatMetric(value) })),
    placeOf: (trial) => {
      const value = read(trial);
      return value === null ? null : placeOf(value);
    },
    textAt,
  };
}

/** Numbers from `low` to `high` that are easily read: powers of ten or two on a logarithmic axis, else equal steps. */
export function roundNumbers(low: number, high: number, log: boolean): number[] {
  if (low === high) return [low];
  if (log) {
    const base = high / low >= 100 ? 10 : 2;
    const first = Math.ceil(Math.log(low) / Math.log(base) - NEAR);
    const last = Math.floor(Math.log(high) / Math.log(base) + NEAR);
    const found = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => Number((base ** (first + at)).toPrecision(6)));
    return found.length > 1 ? found : [low, high];
  }
  const rough = (high - low) / STEPS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10);
  const first = Math.ceil(low / step - NEAR);
  const last = Math.floor(high / step + NEAR);
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(6)));
}

/** Parts of axes that trials have to pass through, by the axis: [from, to], 0 to 1. */
export type Brushes = Readonly<Record<string, readonly [number, number]>>;

/** The trials within all brushes. */
export function withinBrushes(trials: readonly SweepTrial[], axes: readonly Axis[], brushes: Brushes): SweepTrial[] {
  const active = axes.flatMap((axis) => {
    const brush = brushes[axis.id];
    return brush ? [{ axis, brush }] : [];
  });
  return trials.filter((trial) =>
    active.every(({ axis, brush: [from, to] }) => {
      const place = axis.placeOf(trial);
      return place !== null && place >= from - NEAR && place <= to + NEAR;
    }),
  );
}
