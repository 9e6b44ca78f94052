import type { CSSProperties } from "react";

import type { Role } from "@/shared/metric";

import classes from "./charts.module.css";

export interface PlotColors {
  lines: Record<Role, string>;
  /** For runs that lie over each other. */
  runs: readonly string[];
  text: string;
  grid: string;
  mark: string;
  change: string;
  warn: string;
  paper: string;
}

/** The class whose custom properties hold a chart's colours; light and dark differ there and nowhere else. */
export const plotClass = classes["plot"] ?? "plot";

/** How many runs can be told apart by colour; then the colours begin again. */
export const TINTS = 8;

/** The custom property that holds a run's colour. */
export const tintName = (tint: number): string => `--nw-plot-run-${tint % TINTS}`;

/** Gives a legend's swatch the run's colour. */
export const swatchStyle = (tint: number): CSSProperties => ({ "--swatch": `var(${tintName(tint)})` }) as CSSProperties;

/** A line's colour: its run's where runs are compared, else its role's. */
export function colorOf(line: { role: Role; tint?: number | undefined }, colors: PlotColors): string {
  return (line.tint === undefined ? undefined : colors.runs[line.tint % TINTS]) ?? colors.lines[line.role];
}

/** With runs in colours, training is drawn through and the others in dashes; what lies behind is dotted. */
export function dashOf(line: { role: Role; tint?: number | undefined; kind?: string; ghost?: boolean }): number[] {
  if (line.kind === "ghost" || line.ghost) return [2, 3];
  if (line.tint === undefined) return [];
  return line.role === "val" ? [7, 4] : line.role === "test" ? [2, 3] : [];
}

export function readColors(element: Element): PlotColors {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim() || "#888888";
  return {
    lines: { train: read("--nw-plot-train"), val: read("--nw-plot-val"), test: read("--nw-plot-test"), other: read("--nw-plot-other") },
    runs: Array.from({ length: TINTS }, (_, place) => read(tintName(place))),
    text: read("--nw-muted"),
    grid: read("--nw-plot-grid"),
    mark: read("--nw-danger"),
    change: read("--nw-text"),
    warn: read("--nw-warn"),
    paper: read("--nw-surface"),
  };
}

/** "#0b7a75", 0.2 → "#0b7a7533". */
export function withAlpha(color: string, alpha: number): string {
  if (!/^#[0-9a-f]{6}$/i.test(color)) return color;
  return color + Math.round(alpha * 255).toString(16).padStart(2, "0");
}
