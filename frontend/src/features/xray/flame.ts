import { isBackward, type Step } from "./model";
import type { Box } from "./timeline";

export type Clock = "predicted" | "measured";

export interface FlameBox extends Box {
  level: "all" | "phase" | "step" | "call";
  phase: "forward" | "backward" | null;
  step: Step | null;
  seconds: number;
  label: string;
}

const LEVELS = 4;

/**
 * Time from left to right, what it is spent for from top to bottom: the whole, its two passes, the steps, and the calls
 * that one step took in (shared out evenly: nobody knows their times).
 */
export function flameBoxes(steps: readonly Step[], clock: Clock): FlameBox[] {
  const secondsOf = (step: Step): number => Math.max(0, step[clock] ?? 0);
  const whole = steps.reduce((sum, step) => sum + secondsOf(step), 0);
  if (whole <= 0) return [];
  const height = 1 / LEVELS;
  const boxes: FlameBox[] = [
    { key: "all", level: "all", phase: null, step: null, seconds: whole, label: "", x: 0, width: 1, y: 0, height },
  ];
  let x = 0;
  for (const phase of ["forward", "backward"] as const) {
    const mine = steps.filter((step) => isBackward(step) === (phase === "backward"));
    const taken = mine.reduce((sum, step) => sum + secondsOf(step), 0);
    if (taken <= 0) continue;
    boxes.push({ key: phase, level: "phase", phase, step: null, seconds: taken, label: phase, x, width: taken / whole, y: height, height });
    for (const step of mine) {
      const width = secondsOf(step) / whole;
      if (width <= 0) continue;
      boxes.push(stepBox(step, phase, secondsOf(step), x, width, height), ...callBoxes(step, phase, secondsOf(step), x, width, height));
      x += width;
    }
  }
  return boxes;
}

type Phase = "forward" | "backward";

function stepBox(step: Step, phase: Phase, seconds: number, x: number, width: number, height: number): FlameBox {
  return { key: `step ${step.step}`, level: "step", phase, step, seconds, label: step.name, x, width, y: 2 * height, height };
}

function callBoxes(step: Step, phase: Phase, seconds: number, x: number, width: number, height: number): FlameBox[] {
  const { calls } = step.view;
  return calls.map((label, at) => ({
    key: `step ${step.step} call ${at}`,
    level: "call",
    phase,
    step,
    seconds: seconds / calls.length,
    label,
    x: x + (at * width) / calls.length,
    width: width / calls.length,
    y: 3 * height,
    height,
  }));
}
