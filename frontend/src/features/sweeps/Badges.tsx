import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleStop,
  CircleX,
  LoaderCircle,
  Scissors,
  ShieldX,
} from "lucide-react";

import type { SweepState, SweepTrial, TrialState } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { type StateLook, StateMark } from "@/shared/StateMark";

import { sweepStates, trialStates } from "./names";

const sweepLooks: Record<SweepState, StateLook> = {
  running: { icon: LoaderCircle, color: "sea", spins: true },
  paused: { icon: CirclePause, color: "yellow" },
  stopped: { icon: Ban, color: "gray" },
  completed: { icon: CircleCheck, color: "green" },
};

const trialLooks: Record<TrialState, StateLook> = {
  waiting: { icon: CircleDashed, color: "gray" },
  running: { icon: LoaderCircle, color: "sea", spins: true },
  held: { icon: CircleStop, color: "blue" },
  completed: { icon: CircleCheck, color: "green" },
  early: { icon: Scissors, color: "gray" },
  failed: { icon: CircleX, color: "red" },
  refused: { icon: ShieldX, color: "orange" },
  stopped: { icon: Ban, color: "gray" },
};

export function SweepBadge({ state }: { state: SweepState }) {
  const { t } = useTranslation();
  return <StateMark look={sweepLooks[state]} text={t(sweepStates[state])} state={state} />;
}

/** Where a trial is; of one that stopped early, or waits for the others, at which rung. */
export function TrialBadge({ trial }: { trial: Pick<SweepTrial, "state" | "rung"> }) {
  const { t } = useTranslation();
  const { state } = trial;
  const rung = trial.rung + 1;
  const text =
    state === "early"
      ? t("Stopped early at rung {{rung}}", { rung })
      : state === "held"
        ? t("Waits at rung {{rung}}", { rung })
        : t(trialStates[state]);
  return <StateMark look={trialLooks[state]} text={text} state={state} />;
}
