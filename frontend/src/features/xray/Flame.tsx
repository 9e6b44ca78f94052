import { useCallback, useMemo } from "react";

import { useTranslation } from "@/i18n/react";

import { BoxChart, type Drawn } from "./BoxChart";
import { type Clock, type FlameBox, flameBoxes } from "./flame";
import { formatSeconds } from "./format";
import { linked, type Plan, sumsOf } from "./model";
import classes from "./xray.module.css";

const HEIGHT = 84;
const stepOf = (box: FlameBox): number | null => box.step?.step ?? null;

/** Where the time goes, as predicted or as measured: the whole, its passes, the steps, and what these took in. */
export function Flame({ plan, clock }: { plan: Plan; clock: Clock }) {
  const { t } = useTranslation();
  const boxes = useMemo(() => flameBoxes(plan.steps, clock), [plan, clock]);
  const whole = sumsOf(plan.steps)[clock] ?? 0;
  const title = clock === "predicted" ? t("Predicted time") : t("Measured time");
  const nameOf = useCallback(
    (box: FlameBox): string => {
      if (box.level === "all") return t("All steps");
      if (box.level === "phase") return box.phase === "forward" ? t("Forward") : t("Backward");
      return box.label;
    },
    [t],
  );
  const look = useCallback((box: FlameBox): Drawn => ({ tone: box.phase ?? "neutral", text: nameOf(box) }), [nameOf]);
  const lights = useCallback(
    (box: FlameBox, step: number): boolean => box.level === "step" && box.step !== null && linked(plan, step).has(box.step.step),
    [plan],
  );
  return (
    <div className={classes["flame"]}>
      <h3>
        {title} <span>{formatSeconds(whole)}</span>
      </h3>
      <BoxChart
        plan={plan}
        boxes={boxes}
        height={HEIGHT}
        label={title}
        look={look}
        stepOf={stepOf}
        lights={lights}
        say={(step) =>
          t("Step {{step}}, {{name}}: {{time}}", {
            step,
            name: plan.steps[step]?.name ?? "",
            time: formatSeconds(plan.steps[step]?.[clock] ?? 0),
          })
        }
        describe={(box) => (
          <>
            <b>{nameOf(box)}</b>
            {box.step ? <span>{box.step.op}</span> : null}
            <span>
              {formatSeconds(box.seconds)} · {((100 * box.seconds) / whole).toFixed(1)} %
            </span>
          </>
        )}
      />
    </div>
  );
}
