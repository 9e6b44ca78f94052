import { amountColor, classColor, css, type Scheme } from "./colors";

export type Span = readonly [number, number];
/** x, y, and a class number or a value. */
export type Point = readonly [number, number, number];

export interface Frame {
  width: number;
  height: number;
  x: Span;
  y: Span;
}

export const toX = ({ width, x }: Frame, value: number): number => ((value - x[0]) / (x[1] - x[0] || 1)) * width;
export const toY = ({ height, y }: Frame, value: number): number => height - ((value - y[0]) / (y[1] - y[0] || 1)) * height;

/** The values of a place that is given in parts of the frame's width and height. */
export function placeOf({ x, y }: Frame, across: number, down: number): [number, number] {
  const value = ([low, high]: Span, share: number): number => Number((low + (high - low) * share).toPrecision(4));
  return [value(x, across), value(y, 1 - down)];
}

/** The place of the point nearest to a spot of the frame, within reach; −1 for none. */
export function nearestPoint(frame: Frame, points: readonly Point[], left: number, top: number, reach = 12): number {
  let best = -1;
  let least = reach * reach;
  points.forEach(([x, y], at) => {
    const square = (toX(frame, x) - left) ** 2 + (toY(frame, y) - top) ** 2;
    if (square <= least) {
      least = square;
      best = at;
    }
  });
  return best;
}

/** A span with room around all values. */
export function spanOf(values: readonly number[], margin = 0.06): Span {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite, Infinity);
  const high = Math.max(...finite, -Infinity);
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const room = margin * (high - low || 1);
  return [low - room, high + room];
}

/** How a point's third number becomes a colour: by class, or by how large it is. */
export function pointColor(value: number, classes: number, values: Span): string {
  return classes > 0 ? css(classColor(value)) : css(amountColor((value - values[0]) / (values[1] - values[0] || 1)));
}

/** Points as rimmed dots. */
export function drawPoints(
  context: CanvasRenderingContext2D,
  frame: Frame,
  points: readonly Point[],
  color: (value: number) => string,
  scheme: Scheme,
  chosen: number,
): void {
  const radius = points.length > 600 ? 2.6 : 3.4;
  context.lineWidth = 0.9;
  context.strokeStyle = scheme === "dark" ? "rgb(14 18 22 / 85%)" : "rgb(255 255 255 / 90%)";
  points.forEach(([x, y, value], at) => {
    context.beginPath();
    context.arc(toX(frame, x), toY(frame, y), at === chosen ? radius + 3 : radius, 0, 2 * Math.PI);
    context.fillStyle = color(value);
    context.fill();
    context.stroke();
  });
}
