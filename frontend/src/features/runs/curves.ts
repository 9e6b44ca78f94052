import type { SeriesEnvelope, WireNumber } from "@/api/types";
import { toNumber } from "@/shared/format";

/** One metric over the steps of a run. `min` and `max` differ from `value` where a bucket holds several points. */
export interface Curve {
  key: string;
  step: number[];
  value: number[];
  min: number[];
  max: number[];
  /** False when buckets stand for more points than are here: zooming in asks the server for them. */
  full: boolean;
}

export type CurveSet = ReadonlyMap<string, Curve>;

export function emptyCurve(key: string): Curve {
  return { key, step: [], value: [], min: [], max: [], full: true };
}

const numbers = (values: readonly WireNumber[]): number[] => values.map(toNumber);

export function readEnvelope(key: string, envelope: SeriesEnvelope): Curve {
  return {
    key,
    step: [...envelope.step],
    value: numbers(envelope.last),
    min: numbers(envelope.min),
    max: numbers(envelope.max),
    full: envelope.count <= envelope.step.length,
  };
}

/** Adds a point at the end; a step that is there already (a replay over a snapshot) changes nothing. */
export function addPoint(curve: Curve, step: number, value: number): boolean {
  const last = curve.step.at(-1);
  if (last !== undefined && step <= last) return false;
  curve.step.push(step);
  curve.value.push(value);
  curve.min.push(value);
  curve.max.push(value);
  return true;
}

/** Takes away what came after `step`: training went on from a checkpoint and tells it anew. */
export function cutAfter(curve: Curve, step: number): void {
  const keep = countUpTo(curve.step, step);
  for (const column of [curve.step, curve.value, curve.min, curve.max]) column.length = keep;
}

/** How many of the ascending `steps` are ≤ `step`. */
export function countUpTo(steps: readonly number[], step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] ?? Infinity) <= step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last known value at or before `step`; null before the first. */
export function valueAt(curve: Curve, step: number): number | null {
  return curve.value[countUpTo(curve.step, step) - 1] ?? null;
}
