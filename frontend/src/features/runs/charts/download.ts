import type uPlot from "uplot";

import { saveBlob } from "@/shared/saveBlob";

import { type Curve, valueAt } from "../curves";
import { mergeSteps } from "./align";
import type { ChartGroup } from "./groups";
import { colorOf, type PlotColors } from "./theme";

/** One row per step, one column per curve; a curve without a point at a step leaves its cell empty. */
export function writeCsv(curves: readonly Curve[]): string {
  const header = ["step", ...curves.flatMap((curve) => (curve.full ? [curve.key] : [`${curve.key}_min`, `${curve.key}_max`, curve.key]))];
  const places = curves.map(() => 0);
  const rows = mergeSteps(curves.map((curve) => curve.step)).map((step) => {
    const cells = curves.flatMap((curve, which) => {
      const place = places[which] ?? 0;
      const here = curve.step[place] === step;
      if (here) places[which] = place + 1;
      const cell = (column: readonly number[]): string => (here ? String(column[place]) : "");
      return curve.full ? [cell(curve.value)] : [cell(curve.min), cell(curve.max), cell(curve.value)];
    });
    return [String(step), ...cells].join(",");
  });
  return `${[header.join(","), ...rows].join("\n")}\n`;
}

export function saveText(name: string, text: string, type: string): void {
  saveBlob(name, new Blob([text], { type }));
}

/** The plot with title and legend on the page's own paper, as a PNG. */
export function savePng(name: string, plot: uPlot, group: ChartGroup, colors: PlotColors): void {
  const source = plot.ctx.canvas;
  const ratio = source.width / plot.width;
  const head = 44 * ratio;
  const canvas = document.createElement("canvas");
  canvas.width = source.width;
  canvas.height = source.height + head;
  const ctx = canvas.getContext("2d");
  if (!ctx) return;
  ctx.fillStyle = colors.paper;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.textBaseline = "middle";
  ctx.font = `600 ${14 * ratio}px "Inter Variable", system-ui, sans-serif`;
  ctx.fillStyle = colors.text;
  ctx.fillText(group.title, 14 * ratio, head / 2);
  let x = 14 * ratio + ctx.measureText(group.title).width + 22 * ratio;
  ctx.font = `${12 * ratio}px "Inter Variable", system-ui, sans-serif`;
  for (const curve of group.curves) {
    ctx.fillStyle = colorOf(curve, colors);
    ctx.fillRect(x, head / 2 - 1.5 * ratio, 14 * ratio, 3 * ratio);
    x += 20 * ratio;
    ctx.fillText(curve.label, x, head / 2);
    x += ctx.measureText(curve.label).width + 18 * ratio;
  }
  ctx.drawImage(source, 0, head);
  canvas.toBlob((blob) => {
    if (blob) saveBlob(name, blob);
  }, "image/png");
}

/** The values of all curves at a step, for a legend. */
export function readout(curves: readonly Curve[], step: number | null): (number | null)[] {
  return curves.map((curve) => (step === null ? (curve.value.at(-1) ?? null) : valueAt(curve, step)));
}
