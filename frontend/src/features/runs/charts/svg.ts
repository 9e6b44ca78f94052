import type uPlot from "uplot";

import { formatNumber } from "@/i18n/formats";
import { formatMetric } from "@/shared/format";

import type { Line, LineKind, LogAxes, PlotFrame } from "./align";
import type { ChartGroup } from "./groups";
import { colorOf, dashOf, type PlotColors } from "./theme";

const HEAD = 44;
const FONT = "Inter, system-ui, sans-serif";

/** What the writer needs of a plot: sizes in CSS pixels, what the axes show, and where a value lies. */
export type Canvas = Pick<uPlot, "width" | "height" | "bbox" | "scales" | "valToPos">;

/** The chart as it is shown, as lines that stay sharp at any size: axes, envelopes, curves, title and legend. */
export function writeSvg(group: ChartGroup, frame: PlotFrame, plot: Canvas, log: LogAxes, colors: PlotColors): string {
  const ratio = devicePixelRatio;
  const box = { x: plot.bbox.left / ratio, y: plot.bbox.top / ratio, width: plot.bbox.width / ratio, height: plot.bbox.height / ratio };
  const shown = new Set(group.curves.map((curve) => curve.key));
  const parts = [
    `<rect width="${plot.width}" height="${plot.height + HEAD}" fill="${colors.paper}"/>`,
    ...head(group, colors),
    `<g transform="translate(0 ${HEAD})">`,
    ...axis(plot, box, "x", log.x, colors),
    ...axis(plot, box, "y", log.y, colors),
    `<clipPath id="box"><rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}"/></clipPath>`,
    `<g clip-path="url(#box)" fill="none" stroke-linejoin="round" transform="translate(${box.x} ${box.y})">`,
    ...frame.lines.flatMap((line, place) => (shown.has(line.key) ? drawLine(line, place, frame, plot, colors) : [])),
    "</g></g>",
  ];
  const size = `width="${plot.width}" height="${plot.height + HEAD}" viewBox="0 0 ${plot.width} ${plot.height + HEAD}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${FONT}">\n${parts.join("\n")}\n</svg>\n`;
}

function head(group: ChartGroup, colors: PlotColors): string[] {
  const parts = [`<text x="14" y="26" font-size="14" font-weight="600" fill="${colors.text}">${escape(group.title)}</text>`];
  let x = 14 + 9 * group.title.length + 22;
  for (const curve of group.curves) {
    const dash = dashOf(curve);
    const color = colorOf(curve, colors);
    parts.push(`<path d="M${x} 22h16" stroke="${color}" stroke-width="3"${dash.length > 0 ? ` stroke-dasharray="${dash.join(" ")}"` : ""}/>`);
    parts.push(`<text x="${x + 22}" y="26" font-size="12" fill="${colors.text}">${escape(curve.label)}</text>`);
    x += 22 + 7 * curve.label.length + 18;
  }
  return parts;
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

function axis(plot: Canvas, box: Box, which: "x" | "y", log: boolean, colors: PlotColors): string[] {
  const { min, max } = plot.scales[which] ?? {};
  if (min === undefined || max === undefined) return [];
  return ticksOf(min, max, log, which === "x" ? 7 : 5).flatMap((tick) => {
    const at = plot.valToPos(tick, which);
    if (which === "x") {
      if (!Number.isInteger(tick)) return [];
      const x = box.x + at;
      return [
        `<path d="M${x} ${box.y}v${box.height}" stroke="${colors.grid}"/>`,
        `<text x="${x}" y="${box.y + box.height + 18}" font-size="11" text-anchor="middle" fill="${colors.text}">${formatNumber(tick)}</text>`,
      ];
    }
    const y = box.y + at;
    return [
      `<path d="M${box.x} ${y}h${box.width}" stroke="${colors.grid}"/>`,
      `<text x="${box.x - 8}" y="${y + 4}" font-size="11" text-anchor="end" fill="${colors.text}">${formatMetric(tick)}</text>`,
    ];
  });
}

/** Round numbers from `min` to `max`, about `count` of them; powers of ten on a logarithmic axis. */
export function ticksOf(min: number, max: number, log: boolean, count: number): number[] {
  if (!(max > min)) return [min];
  if (log && min > 0 && max / min >= 10) {
    const first = Math.ceil(Math.log10(min) - 1e-9);
    const last = Math.floor(Math.log10(max) + 1e-9);
    return Array.from({ length: last - first + 1 }, (_, place) => 10 ** (first + place));
  }
  const rough = (max - min) / count;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((one) => one * size >= rough) ?? 10) * size;
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, place) => Number(((first + place) * step).toPrecision(12)));
}

function drawLine(line: Line, place: number, frame: PlotFrame, plot: Canvas, colors: PlotColors): string[] {
  const color = colorOf(line, colors);
  if (line.kind === "min") return [];
  if (line.kind === "max") {
    const up = pointsOf(place, frame, plot).flat();
    const down = pointsOf(place + 1, frame, plot).flat().reverse();
    return [`<path d="M${[...up, ...down].join("L")}Z" fill="${color}" fill-opacity="0.2"/>`];
  }
  const dash = line.kind === "faint" ? [] : dashOf(line);
  const looks: Partial<Record<LineKind, string>> = {
    faint: 'stroke-width="1" stroke-opacity="0.32"',
    ghost: 'stroke-width="1.4" stroke-opacity="0.62"',
  };
  const look = looks[line.kind] ?? 'stroke-width="1.8"';
  const dashes = dash.length > 0 ? ` stroke-dasharray="${dash.join(" ")}"` : "";
  return pointsOf(place, frame, plot).map((run) => `<path d="M${run.join("L")}" stroke="${color}" ${look}${dashes}/>`);
}

/** The points of a line in pieces between its holes; of many at one pixel the first, least, greatest and last. */
function pointsOf(place: number, frame: PlotFrame, plot: Canvas): string[][] {
  const steps = frame.data[0];
  const values = frame.data[place + 1] ?? [];
  const runs: string[][] = [[]];
  let pixel: number[] = [];
  let at = Number.NaN;
  const close = (): void => {
    const ends = [pixel[0], Math.min(...pixel), Math.max(...pixel), pixel.at(-1)];
    const kept = pixel.length > 4 ? ends : pixel;
    for (const y of kept) runs.at(-1)?.push(`${at} ${round(y ?? 0)}`);
    pixel = [];
  };
  for (let i = 0; i < steps.length; i += 1) {
    const value = values[i];
    if (value === undefined) continue;
    if (value === null) {
      close();
      if ((runs.at(-1)?.length ?? 0) > 0) runs.push([]);
      continue;
    }
    const x = round(plot.valToPos(steps[i] ?? 0, "x"));
    if (x !== at) close();
    at = x;
    pixel.push(plot.valToPos(value, "y"));
  }
  close();
  return runs.filter((run) => run.length > 0);
}

const round = (value: number): number => Math.round(value * 4) / 4;

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
