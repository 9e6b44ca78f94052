import type { Histogram, HistogramHistory } from "@/api/types";

import { amountColor, type Scheme } from "./colors";
import { emptyPixels, type Pixels, putPixel } from "./picture";

/** The range all histograms over time share: where nearly all values lie, so that one outlier flattens nothing. */
export function commonRange(histograms: readonly Histogram[]): [number, number] {
  if (histograms.length === 0) return [0, 1];
  const low = Math.min(...histograms.map((one) => one.low));
  const high = Math.max(...histograms.map((one) => one.high));
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}

/** Histograms over time as a map: a column for each snapshot, the highest value on top, brighter where more values lie. */
export function paintHistory(history: HistogramHistory, rows: number, scheme: Scheme): Pixels {
  const [low, high] = commonRange(history.histograms);
  const pixels = emptyPixels(Math.max(1, history.histograms.length), rows);
  history.histograms.forEach((one, x) => {
    const density = spreadOver(one, low, high, rows);
    const most = Math.max(...density, 1e-12);
    density.forEach((value, row) => {
      // The root makes thin tails visible beside a tall middle.
      if (value > 0) putPixel(pixels, x, rows - 1 - row, amountColor(0.08 + 0.92 * Math.sqrt(value / most)));
      else putPixel(pixels, x, rows - 1 - row, scheme === "dark" ? [23, 29, 35] : [238, 241, 243]);
    });
  });
  return pixels;
}

/** The counts of a histogram shared out over `rows` equal bins from `low` to `high`. */
export function spreadOver(histogram: Histogram, low: number, high: number, rows: number): number[] {
  const found = new Array<number>(rows).fill(0);
  const width = (histogram.high - histogram.low) / histogram.counts.length;
  const step = (high - low) / rows;
  histogram.counts.forEach((count, bin) => {
    if (count === 0) return;
    const from = (histogram.low + bin * width - low) / step;
    const to = (histogram.low + (bin + 1) * width - low) / step;
    if (width <= 0 || to - from < 1e-9) {
      const row = Math.min(rows - 1, Math.max(0, Math.floor(from)));
      found[row] = (found[row] ?? 0) + count;
      return;
    }
    for (let row = Math.max(0, Math.floor(from)); row < Math.min(rows, Math.ceil(to)); row += 1) {
      const share = Math.min(to, row + 1) - Math.max(from, row);
      if (share > 0) found[row] = (found[row] ?? 0) + (count * share) / (to - from);
    }
  });
  return found;
}

/** The outline of a histogram as an SVG path in a box, for a small chart. */
export function outline(histogram: Histogram, width: number, height: number): string {
  const most = Math.max(...histogram.counts, 1);
  const each = width / histogram.counts.length;
  const steps = histogram.counts.map((count, at) => {
    const y = (height - (height * count) / most).toFixed(2);
    return `L${(at * each).toFixed(2)} ${y}L${((at + 1) * each).toFixed(2)} ${y}`;
  });
  return `M0 ${height}${steps.join("")}L${width} ${height}Z`;
}
