import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleStop,
  CircleX,
  LoaderCircle,
  Scissors,
  Unplug,
} from "lucide-react";

import type { RunState, TrialRef } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { stateNames } from "@/shared/runState";
import { type StateLook, StateMark } from "@/shared/StateMark";

const looks: Record<RunState, StateLook> = {
  queued: { icon: CircleDashed, color: "gray" },
  starting: { icon: LoaderCircle, color: "blue", spins: true },
  running: { icon: LoaderCircle, color: "sea", spins: true },
  paused: { icon: CirclePause, color: "yellow" },
  stopping: { icon: CircleStop, color: "orange" },
  completed: { icon: CircleCheck, color: "green" },
  stopped: { icon: Ban, color: "gray" },
  failed: { icon: CircleX, color: "red" },
  interrupted: { icon: Unplug, color: "orange" },
};

interface Props {
  state: RunState;
  /** Of a sweep's trial: that it stopped at a rung is no mishap. */
  trial?: TrialRef | null;
}

/** The state of a run. */
export function StateBadge({ state, trial = null }: Props) {
  const { t } = useTranslation();
  const rung = trial && state === "stopped" && (trial.state === "early" || trial.state === "held") ? trial.rung + 1 : null;
  const look: StateLook = rung === null ? looks[state] : { icon: Scissors, color: "gray" };
  const text =
    rung === null
      ? t(stateNames[state])
      : trial?.state === "early"
        ? t("Stopped early at rung {{rung}}", { rung })
        : t("Waits at rung {{rung}}", { rung });
  return <StateMark look={look} text={text} state={state} />;
}
