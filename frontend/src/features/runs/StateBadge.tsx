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
  Unplug,
} from "lucide-react";

import type { RunState } from "@/api/types";

import classes from "./runs.module.css";

interface Look {
  icon: LucideIcon;
  color: string;
  text: string;
  spins?: boolean;
}

const looks: Record<RunState, Look> = {
  queued: { icon: CircleDashed, color: "gray", text: "Queued" },
  starting: { icon: LoaderCircle, color: "blue", text: "Starting", spins: true },
  running: { icon: LoaderCircle, color: "sea", text: "Running", spins: true },
  paused: { icon: CirclePause, color: "yellow", text: "Paused" },
  stopping: { icon: CircleStop, color: "orange", text: "Stopping" },
  completed: { icon: CircleCheck, color: "green", text: "Completed" },
  stopped: { icon: Ban, color: "gray", text: "Stopped" },
  failed: { icon: CircleX, color: "red", text: "Failed" },
  interrupted: { icon: Unplug, color: "orange", text: "Interrupted" },
};

export const stateText = (state: RunState): string => looks[state].text;

/** The state of a run: colour, picture and word, so that no one of them carries it alone. */
export function StateBadge({ state }: { state: RunState }) {
  const { icon: Icon, color, text, spins = false } = looks[state];
  return (
    <Badge
      color={color}
      variant="light"
      radius="sm"
      tt="none"
      fw={600}
      data-state={state}
      leftSection={<Icon size={13} className={spins ? classes["spin"] : undefined} aria-hidden />}
    >
      {text}
    </Badge>
  );
}
