import { useMemo } from "react";

import { useTranslation } from "@/i18n/react";

import { formatSeconds } from "./format";
import { pairSteps, type Plan, type Step } from "./model";
import { lookedAt, usePointer, usePointerState } from "./pointer";
import classes from "./xray.module.css";

/** The forward pass downwards, each step's gradient steps beside it: the way back is read upwards. */
export function StepPairs({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const pairs = useMemo(() => pairSteps(plan), [plan]);
  const most = useMemo(() => Math.max(...plan.steps.map((step) => step.measured ?? step.predicted), 1e-12), [plan]);
  const isTraining = plan.steps.some(({ phase }) => phase === "backward");
  return (
    <>
      <div className={classes["pairHead"]} aria-hidden>
        <span>{t("Forward")} ↓</span>
        {isTraining ? <span>{t("Backward")} ↑</span> : null}
      </div>
      <ol className={classes["pairs"]} aria-label={t("Steps, each with its gradient steps")}>
        {pairs.map((pair, at) => (
          <li key={pair.forward?.step ?? `rest ${at}`} className={classes["pair"]}>
            <div>{pair.forward ? <StepButton plan={plan} step={pair.forward} most={most} /> : null}</div>
            <div>
              {pair.backward.map((step) => (
                <StepButton key={step.step} plan={plan} step={step} most={most} />
              ))}
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}

function StepButton({ plan, step, most }: { plan: Plan; step: Step; most: number }) {
  const pointer = usePointer();
  const light = usePointerState((state) => {
    const at = lookedAt(state);
    if (at === step.step) return "self";
    return at !== null && (plan.partners.get(step.step) ?? []).includes(at) ? "partner" : "none";
  });
  const isChosen = usePointerState(({ chosen }) => chosen === step.step);
  const seconds = step.measured ?? step.predicted;
  return (
    <button
      type="button"
      className={classes["step"]}
      data-phase={step.phase}
      data-light={light}
      aria-pressed={isChosen}
      onPointerEnter={() => pointer.setState({ hover: step.step })}
      onPointerLeave={() => pointer.setState({ hover: null })}
      onFocus={() => pointer.setState({ hover: step.step })}
      onBlur={() => pointer.setState({ hover: null })}
      onClick={() => pointer.setState({ chosen: isChosen ? null : step.step })}
    >
      <span className={classes["number"]}>{step.step}</span>
      <span className={classes["what"]}>
        <b>{step.name}</b>
        {step.view.calls.length > 0 ? (
          step.view.calls.map((call, at) => <em key={at}>{call}</em>)
        ) : (
          <small>{step.view.again ? `${step.op} ⟲` : step.op}</small>
        )}
      </span>
      <span className={classes["time"]}>{step.runs === "view" ? "–" : formatSeconds(seconds)}</span>
      <i style={{ width: `${(100 * seconds) / most}%` }} />
    </button>
  );
}
