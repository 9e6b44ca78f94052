import { useCallback, useMemo } from "react";

import { useTranslation } from "@/i18n/react";
import { formatBytes, formatShape } from "@/shared/format";

import { BoxChart, type Drawn } from "./BoxChart";
import type { Ink } from "./drawing";
import type { Plan } from "./model";
import { arenaBoxes, bytesAlive, peakStep, type TensorBox } from "./timeline";
import classes from "./xray.module.css";

const HEIGHT = 210;

const stepOf = (box: TensorBox): number => box.tensor.first;
/** A tensor lights up for the step that makes it, and for those that read it. */
const makesOrReads = (plan: Plan) => {
  const touching = new Map<number, Set<number>>();
  const rootOf = (id: number): number => {
    const shares = plan.tensors.get(id)?.shares;
    return shares === null || shares === undefined ? id : rootOf(shares);
  };
  for (const step of plan.steps) touching.set(step.step, new Set([...step.inputs, ...step.outputs].map(rootOf)));
  return (box: TensorBox, step: number): boolean => touching.get(step)?.has(box.tensor.id) ?? false;
};

/** The arena over the steps: every tensor a bar from its first to its last step, at the place where it lies. */
export function MemoryTimeline({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const boxes = useMemo(() => arenaBoxes(plan.report), [plan]);
  const alive = useMemo(() => bytesAlive(plan.report), [plan]);
  const lights = useMemo(() => makesOrReads(plan), [plan]);
  const peak = peakStep(alive);
  const steps = Math.max(1, plan.steps.length);
  const { boundary, totals } = plan.report;
  const look = useCallback(
    ({ tensor }: TensorBox): Drawn => ({ tone: tensor.first >= (boundary ?? steps) ? "backward" : "forward", text: tensor.name }),
    [boundary, steps],
  );
  const overlay = useCallback(
    (context: CanvasRenderingContext2D, width: number, height: number, ink: Ink, step: number | null) => {
      const line = (at: number, color: string, dash: number[]): void => {
        context.strokeStyle = color;
        context.setLineDash(dash);
        context.beginPath();
        context.moveTo(at * width, 0);
        context.lineTo(at * width, height);
        context.stroke();
        context.setLineDash([]);
      };
      if (boundary !== null && boundary > 0 && boundary < steps) line(boundary / steps, ink.text, [2, 4]);
      line((peak + 0.5) / steps, ink.mark, []);
      if (step !== null) line((step + 0.5) / steps, ink.lit, [4, 3]);
    },
    [boundary, peak, steps],
  );
  const nameOf = (step: number): string => plan.steps[step]?.name ?? "";
  return (
    <>
      <BoxChart
        plan={plan}
        boxes={boxes}
        height={HEIGHT}
        label={t("Memory of the arena, step by step")}
        look={look}
        stepOf={stepOf}
        lights={lights}
        overlay={overlay}
        say={(step) => t("Step {{step}}, {{name}}: {{bytes}} in use", { step, name: nameOf(step), bytes: formatBytes(alive[step] ?? 0) })}
        describe={({ tensor }) => (
          <>
            <b>{tensor.name}</b>
            <span>
              {formatShape(tensor.shape)} {tensor.dtype}, {formatBytes(tensor.bytes)}
            </span>
            <span>{t("at byte {{offset}}, made by step {{first}}", { offset: tensor.offset ?? 0, first: tensor.first })}</span>
          </>
        )}
      />
      <p className={classes["legend"]}>
        <span>
          <i data-tone="forward" /> {t("made by the forward pass")}
        </span>
        <span>
          <i data-tone="backward" /> {t("made by the backward pass")}
        </span>
        <span>
          <i data-tone="peak" />{" "}
          {t("the peak: {{bytes}} at step {{step}} ({{name}})", { bytes: formatBytes(alive[peak] ?? 0), step: peak, name: nameOf(peak) })}
        </span>
      </p>
      <p className={classes["note"]}>
        {t("The arena is {{arena}}; without sharing places it would be {{unshared}}. Weights and data lie outside: {{inputs}}.", {
          arena: formatBytes(totals.arena_bytes),
          unshared: formatBytes(totals.unshared_bytes),
          inputs: formatBytes(totals.input_bytes),
        })}
      </p>
    </>
  );
}
