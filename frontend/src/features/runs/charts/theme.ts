import type { Role } from "./groups";
import classes from "./charts.module.css";

export interface PlotColors {
  lines: Record<Role, string>;
  text: string;
  grid: string;
  mark: string;
  change: string;
  warn: string;
  paper: string;
}

/** The class whose custom properties hold a chart's colours; light and dark differ there and nowhere else. */
export const plotClass = classes["plot"] ?? "plot";

export function readColors(element: Element): PlotColors {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim() || "#888888";
  return {
    lines: { train: read("--nw-plot-train"), val: read("--nw-plot-val"), test: read("--nw-plot-test"), other: read("--nw-plot-other") },
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
