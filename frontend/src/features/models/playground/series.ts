import type { ColumnStats, DatasetField } from "@/api/types";
import { toNumber } from "@/shared/format";

/** Fewer numbered columns are better typed than drawn. */
const LEAST = 8;
const NUMBERED = /^(.*?)(\d+)$/;

/** Whether the columns of a table are one series: numbers whose names count on, such as t1, t2, t3. */
export function isSeries(fields: readonly DatasetField[]): boolean {
  if (fields.length < LEAST || fields.some(({ kind }) => kind !== "number")) return false;
  const parts = fields.map(({ name }) => NUMBERED.exec(name));
  const first = parts[0];
  if (!first) return false;
  const step = Number(parts[1]?.[2]) - Number(first[2]);
  return Math.abs(step) === 1 && parts.every((part, at) => part?.[1] === first[1] && Number(part?.[2]) === Number(first[2]) + step * at);
}

export interface Range {
  low: number;
  high: number;
}

/** What a series is drawn between: where its data lie, with room for what is on hand. */
export function rangeOf(stats: readonly ColumnStats[], values: readonly number[]): Range {
  const ends = stats.flatMap(({ min, max }) => [toNumber(min), toNumber(max)]);
  const all = [...ends, ...values].filter(Number.isFinite);
  const low = Math.min(...all, Infinity);
  const high = Math.max(...all, -Infinity);
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { low: -1, high: 1 };
  const room = 0.05 * (high - low || 1);
  return { low: low - room, high: high + room };
}

/** The series after a stroke from one place to another: what lies between is on the straight line. */
export function drawStroke(
  values: readonly number[],
  from: readonly [at: number, value: number],
  to: readonly [at: number, value: number],
): number[] {
  const [first, last] = from[0] <= to[0] ? [from, to] : [to, from];
  return values.map((old, at) => {
    if (at < first[0] || at > last[0]) return old;
    const share = last[0] === first[0] ? 1 : (at - first[0]) / (last[0] - first[0]);
    return Number((first[1] + (last[1] - first[1]) * share).toPrecision(5));
  });
}
