import { Badge } from "@mantine/core";
import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleStop,
  CircleX,
  LoaderCircle,
  type LucideIcon,
  Scissors,
  Unplug,
} from "lucide-react";

import type { RunState, TrialRef } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { stateNames } from "@/shared/runState";

import classes from "./runs.module.css";

interface Look {
  icon: LucideIcon;
  color: string;
  spins?: boolean;
}

const looks: Record<RunState, Look> = {
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

/** The state of a run: colour, picture and word, so that no one of them carries it alone. */
export function StateBadge({ state, trial = null }: Props) {
  const { t } = useTranslation();
  const rung = trial && state === "stopped" && (trial.state === "early" || trial.state === "held") ? trial.rung + 1 : null;
  const look: Look = rung === null ? looks[state] : { icon: Scissors, color: "gray" };
  const { icon: Icon, color, spins = false } = look;
  return (
    <Badge
      color={color}
      variant="light"
      // The word in the text's own colour can be read on every ground; the picture keeps the state's.
      c="var(--nw-text)"
      styles={{ section: { color: `var(--mantine-color-${color}-text)` } }}
      radius="sm"
      tt="none"
      fw={600}
      data-state={state}
      leftSection={<Icon size={13} className={spins ? classes["spin"] : undefined} aria-hidden />}
    >
      {rung === null
        ? t(stateNames[state])
        : trial?.state === "early"
          ? t("Stopped early at rung {{rung}}", { rung })
          : t("Waits at rung {{rung}}", { rung })}
    </Badge>
  );
}
