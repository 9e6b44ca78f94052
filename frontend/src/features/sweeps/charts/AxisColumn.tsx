import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";

import { useTranslation } from "@/i18n/react";

import type { Axis } from "./axes";
import classes from "./charts.module.css";

export const HEIGHT = 330;
export const TOP = 42;
export const BOTTOM = 306;
const HALF = 13;
const LEAST = 0.015;
const STEP = 0.05;

type Span = readonly [number, number];

interface Props {
  axis: Axis;
  x: number;
  brush: Span | null;
  onBrush: (span: Span | null) => void;
}

const yOf = (place: number): number => BOTTOM - place * (BOTTOM - TOP);
const clamp = (place: number): number => Math.min(1, Math.max(0, place));

/** An axis with its ticks; dragging along it chooses a part, a click lets go of it, and so do arrows and Escape. */
export function AxisColumn({ axis, x, brush, onBrush }: Props) {
  const { t } = useTranslation();
  const strip = useRef<SVGRectElement>(null);
  const [start, setStart] = useState<number | null>(null);

  const placeOf = (event: PointerEvent): number => {
    const box = strip.current?.getBoundingClientRect();
    return box && box.height > 0 ? clamp(1 - (event.clientY - box.top) / box.height) : 0;
  };
  const drag = (event: PointerEvent): void => {
    if (start === null) return;
    const place = placeOf(event);
    const span: Span = [Math.min(start, place), Math.max(start, place)];
    onBrush(span[1] - span[0] < LEAST ? null : span);
  };
  const text = brush ? t("{{from}} to {{to}}", { from: axis.textAt(brush[0]), to: axis.textAt(brush[1]) }) : t("all");

  return (
    <g>
      <text className={classes["title"]} x={x} y={18} textAnchor="middle">
        <title>{axis.title}</title>
        {shortened(axis.title)}
      </text>
      <line className={classes["axis"]} x1={x} x2={x} y1={TOP} y2={BOTTOM} />
      {axis.ticks.map((tick) => (
        <text key={`${tick.place} ${tick.text}`} className={classes["tick"]} x={x + 8} y={yOf(tick.place) + 3.5}>
          {tick.text}
        </text>
      ))}
      {brush ? (
        <rect className={classes["brush"]} x={x - 7} width={14} y={yOf(brush[1])} height={Math.max(2, yOf(brush[0]) - yOf(brush[1]))} aria-hidden />
      ) : null}
      <rect
        ref={strip}
        className={classes["strip"]}
        x={x - HALF}
        width={2 * HALF}
        y={TOP}
        height={BOTTOM - TOP}
        role="slider"
        tabIndex={0}
        aria-orientation="vertical"
        aria-label={t("Part of {{axis}}", { axis: axis.title })}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * (brush?.[1] ?? 1))}
        aria-valuetext={text}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setStart(placeOf(event));
        }}
        onPointerMove={drag}
        onPointerUp={(event) => {
          drag(event);
          setStart(null);
        }}
        onKeyDown={(event) => {
          const next = afterKey(event, brush ?? [0, 1]);
          if (next === undefined) return;
          event.preventDefault();
          onBrush(next);
        }}
      />
    </g>
  );
}

/** Arrows move the upper end, with Shift the lower one; Escape chooses all again. Undefined for other keys. */
function afterKey(event: KeyboardEvent, [low, high]: Span): Span | null | undefined {
  if (event.key === "Escape" || event.key === "Delete") return null;
  const up = event.key === "ArrowUp" ? STEP : event.key === "ArrowDown" ? -STEP : 0;
  if (up === 0) return undefined;
  const span: Span = event.shiftKey ? [Math.min(clamp(low + up), high - STEP), high] : [low, Math.max(clamp(high + up), low + STEP)];
  return span[0] <= 0 && span[1] >= 1 ? null : span;
}

const LONGEST = 24;

const shortened = (title: string): string => (title.length > LONGEST ? `${title.slice(0, LONGEST - 1)}…` : title);
