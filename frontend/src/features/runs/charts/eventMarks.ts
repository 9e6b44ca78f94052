import type uPlot from "uplot";

import type { PlotColors } from "./theme";

/** Something that happened at a step: drawn over all charts of the run. */
export interface EventMark {
  step: number;
  kind: "change" | "problem" | "warning";
  /** In words, for whoever reads the chart's caption. */
  text: string;
}

const FLAG = 5;

const color = (kind: EventMark["kind"], colors: PlotColors): string => (kind === "change" ? colors.change : kind === "problem" ? colors.mark : colors.warn);

/** A dashed line and a flag at its top for each mark within the plot; a change points down, advice stands on a square. */
export function drawEventMarks(plot: uPlot, marks: readonly EventMark[], colors: PlotColors): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = ratio;
  for (const { step, kind } of marks) {
    const x = Math.round(plot.valToPos(step, "x", true));
    if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
    ctx.strokeStyle = ctx.fillStyle = color(kind, colors);
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const size = FLAG * ratio;
    ctx.beginPath();
    if (kind === "change") {
      ctx.moveTo(x - size, bbox.top - size * 1.4);
      ctx.lineTo(x + size, bbox.top - size * 1.4);
      ctx.lineTo(x, bbox.top + size * 0.2);
    } else {
      ctx.rect(x - size * 0.8, bbox.top - size * 1.5, size * 1.6, size * 1.6);
    }
    ctx.fill();
  }
  ctx.restore();
}

/** The marks near a step, within one part in eighty of what is shown. */
export function marksNear(marks: readonly EventMark[], step: number, width: number): EventMark[] {
  return marks.filter((mark) => Math.abs(mark.step - step) <= Math.max(0.5, width / 80));
}
