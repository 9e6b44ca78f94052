import { useComputedColorScheme } from "@mantine/core";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";

import { formatMetric } from "@/shared/format";

import { amountColor, classColor, css, type Scheme } from "./colors";
import classes from "./draw.module.css";
import type { Pixels } from "./picture";
import { drawPoints, type Frame, nearestPoint, placeOf, type Point, pointColor, type Span, spanOf, toX, toY } from "./plane";

const WIDTH = 560;
const HEIGHT = 420;
/** Drawn twice as fine as it is laid out, for sharp dots. */
const FINE = 2;

interface Props {
  points: readonly Point[];
  x: Span;
  y: Span;
  names: readonly [string, string];
  classNames: readonly string[] | null;
  /** What lies under the points. */
  background?: ((scheme: Scheme) => Pixels) | undefined;
  /** The diagonal on which both axes are equal. */
  diagonal?: boolean;
  label: string;
  /** What is said of the point under the mouse. */
  describe: (at: number) => string;
  onPick?: (at: number) => void;
  /** Centres of clusters, in the units of the axes. */
  stars?: readonly (readonly [number, number])[];
  /** A place that is marked, in the units of the axes. */
  marked?: readonly [number, number] | undefined;
  /** Called with a place of the plane that was clicked, in the units of the axes. */
  onPlace?: ((x: number, y: number) => void) | undefined;
  /** What the colours stand for where they are no classes. */
  valueName?: string | null;
  children?: ReactNode;
}

/** Points in two dimensions over an optional ground, with hover and a legend. */
export function PlaneView({ points, x, y, names, classNames, background, diagonal = false, label, describe, onPick, stars, marked, onPlace, valueName, children }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme("light");
  const [hovered, setHovered] = useState(-1);
  const frame = useMemo<Frame>(() => ({ width: WIDTH, height: HEIGHT, x, y }), [x, y]);
  const values = useMemo(() => spanOf(points.map(([, , value]) => value), 0), [points]);
  const count = classNames?.length ?? 0;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    context.setTransform(FINE, 0, 0, FINE, 0, 0);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    if (background) drawGround(context, background(scheme));
    if (diagonal) drawDiagonal(context, frame, scheme);
    drawPoints(context, frame, points, (value) => pointColor(value, count, values), scheme, hovered);
    stars?.forEach((star, at) => drawStar(context, frame, star, pointColor(at, count, values), scheme));
    if (marked) drawMark(context, frame, marked, scheme);
  }, [points, frame, background, diagonal, scheme, hovered, count, values, stars, marked]);

  function at(event: { clientX: number; clientY: number }): number {
    const box = canvas.current?.getBoundingClientRect();
    if (!box) return -1;
    const left = ((event.clientX - box.left) * WIDTH) / box.width;
    return nearestPoint(frame, points, left, ((event.clientY - box.top) * HEIGHT) / box.height);
  }

  return (
    <div className={classes["plane"]}>
      <div className={classes["planeY"]} aria-hidden>
        <span>{formatMetric(y[1])}</span>
        <b>{names[1]}</b>
        <span>{formatMetric(y[0])}</span>
      </div>
      {/* The mouse only adds names to points; what they say as a whole is the canvas's label. */}
      <canvas
        ref={canvas}
        role="img"
        aria-label={label}
        width={WIDTH * FINE}
        height={HEIGHT * FINE}
        className={classes["planeCanvas"]}
        style={{ cursor: onPlace ? "crosshair" : hovered >= 0 && onPick ? "pointer" : "default" }}
        onMouseMove={(event) => setHovered(at(event))}
        onMouseLeave={() => setHovered(-1)}
        onClick={(event) => {
          const picked = at(event);
          if (picked >= 0) onPick?.(picked);
          const box = canvas.current?.getBoundingClientRect();
          if (box) onPlace?.(...placeOf(frame, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
        }}
      />
      <div className={classes["planeX"]} aria-hidden>
        <span>{formatMetric(x[0])}</span>
        <b>{names[0]}</b>
        <span>{formatMetric(x[1])}</span>
      </div>
      <div className={classes["planeFoot"]}>
        {classNames ? <ClassLegend names={classNames} /> : valueName ? <ValueLegend name={valueName} values={values} /> : null}
        <span className={classes["planeSaid"]}>{hovered >= 0 ? describe(hovered) : ""}</span>
        {children}
      </div>
    </div>
  );
}

/** A large ring in the cluster's colour, seen over its points. */
function drawStar(context: CanvasRenderingContext2D, frame: Frame, [x, y]: readonly [number, number], color: string, scheme: Scheme): void {
  context.beginPath();
  context.arc(toX(frame, x), toY(frame, y), 8, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
  context.lineWidth = 2.5;
  context.strokeStyle = scheme === "dark" ? "#f2f5f7" : "#10151a";
  context.stroke();
}

/** A cross in a ring, seen on any ground. */
function drawMark(context: CanvasRenderingContext2D, frame: Frame, [x, y]: readonly [number, number], scheme: Scheme): void {
  const [left, top] = [toX(frame, x), toY(frame, y)];
  for (const [width, color] of [[5, scheme === "dark" ? "#10151a" : "#ffffff"], [2, scheme === "dark" ? "#ffffff" : "#10151a"]] as const) {
    context.lineWidth = width;
    context.strokeStyle = color;
    context.beginPath();
    context.arc(left, top, 9, 0, 2 * Math.PI);
    context.moveTo(left - 14, top);
    context.lineTo(left + 14, top);
    context.moveTo(left, top - 14);
    context.lineTo(left, top + 14);
    context.stroke();
  }
}

function drawGround(context: CanvasRenderingContext2D, pixels: Pixels): void {
  const small = document.createElement("canvas");
  small.width = pixels.width;
  small.height = pixels.height;
  small.getContext("2d")?.putImageData(new ImageData(pixels.data, pixels.width, pixels.height), 0, 0);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, WIDTH, HEIGHT);
}

function drawDiagonal(context: CanvasRenderingContext2D, { x, y }: Frame, scheme: Scheme): void {
  const low = Math.max(x[0], y[0]);
  const high = Math.min(x[1], y[1]);
  const place = (value: number): [number, number] => [
    ((value - x[0]) / (x[1] - x[0])) * WIDTH,
    HEIGHT - ((value - y[0]) / (y[1] - y[0])) * HEIGHT,
  ];
  context.beginPath();
  context.moveTo(...place(low));
  context.lineTo(...place(high));
  context.setLineDash([6, 5]);
  context.lineWidth = 1.2;
  context.strokeStyle = scheme === "dark" ? "#64717f" : "#8f9ba8";
  context.stroke();
  context.setLineDash([]);
}

function ClassLegend({ names }: { names: readonly string[] }) {
  return (
    <span className={classes["classes"]}>
      {names.slice(0, 20).map((name, at) => (
        <span key={name}>
          <i style={{ background: css(classColor(at)) }} />
          {name}
        </span>
      ))}
    </span>
  );
}

function ValueLegend({ name, values }: { name: string; values: Span }) {
  return (
    <span className={classes["classes"]}>
      <span>{name}</span>
      <span>
        <i style={{ background: css(amountColor(0)) }} />
        {formatMetric(values[0])}
      </span>
      <span>
        <i style={{ background: css(amountColor(1)) }} />
        {formatMetric(values[1])}
      </span>
    </span>
  );
}
