import { useComputedColorScheme } from "@mantine/core";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from "react";

import { drawBoxes, type Ink, readInk, type Tone } from "./drawing";
import { type Plan } from "./model";
import { lookedAt, usePointer, usePointerState } from "./pointer";
import { type Box, boxAt } from "./timeline";
import classes from "./xray.module.css";

export interface Drawn {
  tone: Tone;
  text: string;
}

interface Props<T extends Box> {
  plan: Plan;
  boxes: readonly T[];
  height: number;
  /** What the picture shows, for those who do not see it. */
  label: string;
  look: (box: T) => Drawn;
  /** The step a box belongs to; null: to none. */
  stepOf: (box: T) => number | null;
  /** Whether a box lights up while a step is looked at. */
  lights: (box: T, step: number) => boolean;
  describe: (box: T) => ReactNode;
  /** What is said of a step when it is reached with the keyboard. */
  say: (step: number) => string;
  /** Draws above the boxes. */
  overlay?: (context: CanvasRenderingContext2D, width: number, height: number, ink: Ink, step: number | null) => void;
}

interface Tip<T> {
  box: T;
  left: number;
  top: number;
}

/** Boxes on a canvas: thousands of them, with a tip under the pointer and the arrow keys to go from step to step. */
export function BoxChart<T extends Box>(props: Props<T>) {
  const { plan, boxes, height, label, look, stepOf, lights, describe, say, overlay } = props;
  const pointer = usePointer();
  const chosen = usePointerState((state) => state.chosen);
  const scheme = useComputedColorScheme("light");
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [tip, setTip] = useState<Tip<T> | null>(null);
  const last = plan.steps.length - 1;

  useEffect(() => {
    const element = canvas.current;
    const around = frame.current;
    if (!element || !around) return undefined;
    const draw = (): void => {
      const context = element.getContext("2d");
      if (!context) return;
      const width = around.clientWidth;
      const scale = window.devicePixelRatio || 1;
      element.width = Math.max(1, Math.round(width * scale));
      element.height = Math.round(height * scale);
      context.setTransform(scale, 0, 0, scale, 0, 0);
      const ink = readInk(around);
      const step = lookedAt(pointer.getState());
      drawBoxes(context, boxes, width, height, ink, look, (box) => step !== null && lights(box, step));
      overlay?.(context, width, height, ink, step);
    };
    let asked = 0;
    const redraw = (): void => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(draw);
    };
    redraw();
    const resized = new ResizeObserver(redraw);
    resized.observe(around);
    const left = pointer.subscribe(redraw);
    return () => {
      cancelAnimationFrame(asked);
      resized.disconnect();
      left();
    };
  }, [boxes, height, look, lights, overlay, pointer, scheme]);

  const find = (event: PointerEvent): Tip<T> | null => {
    const bounds = event.currentTarget.getBoundingClientRect();
    const [left, top] = [event.clientX - bounds.left, event.clientY - bounds.top];
    const box = boxAt(boxes, left / bounds.width, top / bounds.height, 2 / bounds.width, 2 / bounds.height);
    return box && { box, left: Math.min(left, bounds.width - 220), top };
  };
  const move = (event: PointerEvent): void => {
    const found = find(event);
    setTip(found);
    pointer.setState({ hover: found && stepOf(found.box) });
  };
  const leave = (): void => {
    setTip(null);
    pointer.setState({ hover: null });
  };
  const press = (event: PointerEvent): void => {
    const found = find(event);
    if (found) pointer.setState({ chosen: stepOf(found.box) });
  };
  const key = (event: KeyboardEvent): void => {
    const next = nextStep(event.key, chosen, last);
    if (next === undefined) return;
    event.preventDefault();
    pointer.setState({ chosen: next, hover: null });
  };

  return (
    <div
      ref={frame}
      className={classes["chart"]}
      style={{ height }}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, last)}
      aria-valuenow={chosen ?? 0}
      aria-valuetext={say(chosen ?? 0)}
      onKeyDown={key}
      onPointerMove={move}
      onPointerLeave={leave}
      onPointerDown={press}
    >
      <canvas ref={canvas} aria-hidden style={{ width: "100%", height }} />
      {tip ? (
        <div className={classes["tip"]} style={{ left: Math.max(0, tip.left + 12), top: tip.top + 14 }}>
          {describe(tip.box)}
        </div>
      ) : null}
    </div>
  );
}

/** Where a key leads to; undefined: it is not for us. */
export function nextStep(key: string, from: number | null, last: number): number | null | undefined {
  const at = from ?? -1;
  const moves: Record<string, number> = {
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    PageDown: at + 10,
    PageUp: at - 10,
    Home: 0,
    End: last,
  };
  if (key === "Escape") return null;
  const to = moves[key];
  return to === undefined ? undefined : Math.min(last, Math.max(0, to));
}
