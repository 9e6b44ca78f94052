import type { WeightCurve } from "@/api/types";

import { amountColor, type Scheme } from "../draw/colors";
import { emptyPixels, type Pixels, putPixel } from "../draw/picture";

/** Beyond this factor between layers the lower ones hardly learn. */
const FAR_APART = 1e3;

export interface Flow {
  names: string[];
  /** log₁₀ of the gradient's norm by layer and snapshot; null where none was seen, or it was 0. */
  rows: (number | null)[][];
  /** The range of what was seen. */
  low: number;
  high: number;
}

/** How much gradient reaches each layer: the weights in the order of the network, biases left out where there are others. */
export function readFlow(curves: readonly WeightCurve[]): Flow {
  const large = curves.filter(({ name }) => !/_(bias|gamma|beta)$/.test(name));
  const shown = large.length > 0 ? large : curves;
  const rows = shown.map(({ gradient }) => gradient.map((value) => logOf(value)));
  const seen = rows.flat().filter((value): value is number => value !== null);
  return { names: shown.map(({ name }) => name), rows, low: Math.min(...seen, 0), high: Math.max(...seen, seen.length > 0 ? -Infinity : 1) };
}

function logOf(value: number | string | null): number | null {
  const number = Number(value);
  return value === null || !Number.isFinite(number) || number <= 0 ? null : Math.log10(number);
}

/** The columns that have a gradient: the first and the last snapshot are taken between steps and have none. */
export function seenColumns(flow: Flow): number[] {
  const count = flow.rows[0]?.length ?? 0;
  return Array.from({ length: count }, (_, at) => at).filter((at) => flow.rows.some((row) => row[at] !== null));
}

/** Layers from top to bottom, time from left to right. */
export function paintFlow(flow: Flow, columns: readonly number[], scheme: Scheme): Pixels {
  const pixels = emptyPixels(Math.max(1, columns.length), Math.max(1, flow.rows.length));
  const spread = flow.high - flow.low || 1;
  flow.rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      const value = row[column] ?? null;
      putPixel(pixels, x, y, value === null ? (scheme === "dark" ? [23, 29, 35] : [238, 241, 243]) : amountColor((value - flow.low) / spread));
    });
  });
  return pixels;
}

/** The snapshot with gradients that lies nearest to a place. */
export function nearestColumn(columns: readonly number[], at: number): number | null {
  return columns.reduce<number | null>((best, one) => (best === null || Math.abs(one - at) < Math.abs(best - at) ? one : best), null);
}

/** How many times less gradient the first layer gets than the last, where that is far; null where all is well. */
export function vanishing(flow: Flow, column: number): number | null {
  const first = flow.rows[0]?.[column] ?? null;
  const last = flow.rows.at(-1)?.[column] ?? null;
  if (first === null || last === null || flow.rows.length < 2) return null;
  const factor = 10 ** (last - first);
  return factor >= FAR_APART ? factor : null;
}
