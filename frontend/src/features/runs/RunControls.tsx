import { ActionIcon, Button, Group, Tooltip } from "@mantine/core";
import { GitFork, type LucideIcon, Pause, Play, Square, StepForward } from "lucide-react";
import { useState } from "react";

import type { RunMove } from "@/api/runs";
import type { Run, RunState } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";

import { type ControlKey, shortcuts, useControlKeys } from "./controlKeys";
import { ForkDialog } from "./lineage/ForkDialog";
import { isOver, legalMoves } from "./moves";
import { useMoveRun, useStepRun } from "./queries";

const looks: Record<RunMove, { text: Message; icon: LucideIcon; key: ControlKey; color?: string }> = {
  pause: { text: msg("Pause"), icon: Pause, key: "play" },
  resume: { text: msg("Resume"), icon: Play, key: "play" },
  stop: { text: msg("Stop"), icon: Square, key: "stop", color: "var(--nw-danger)" },
};

interface Props {
  run: Run;
  state: RunState;
  size?: "xs" | "sm";
}

/** The moves a run allows now, and no others; a paused run goes on batch by batch, and any can be begun from again. */
export function RunControls({ run, state, size = "sm" }: Props) {
  const { t } = useTranslation();
  const move = useMoveRun(run);
  const step = useStepRun(run);
  const [forking, setForking] = useState(false);
  const moves = legalMoves({ state, resumable: run.resumable });
  const busy = move.isPending || step.isPending;
  const canStep = state === "paused";
  useControlKeys({
    play: () => {
      const next = moves.find((name) => name !== "stop");
      if (next && !busy) move.mutate(next);
    },
    step: () => {
      if (canStep && !busy) step.mutate();
    },
    stop: () => {
      if (moves.includes("stop") && !busy) move.mutate("stop");
    },
  });
  return (
    <Group gap="xs" role="group" aria-label={t("Training")}>
      {moves.map((name) => {
        const { text, icon: Icon, color, key } = looks[name];
        return (
          <Tooltip key={name} label={shortcuts[key].shown} openDelay={500}>
            <Button
              size={size}
              variant={name === "resume" ? "filled" : "default"}
              {...(color === undefined ? {} : { c: color })}
              leftSection={<Icon size={15} aria-hidden />}
              loading={move.isPending && move.variables === name}
              disabled={move.isPending}
              aria-keyshortcuts={shortcuts[key].aria}
              onClick={() => move.mutate(name)}
            >
              {t(text)}
            </Button>
          </Tooltip>
        );
      })}
      {canStep ? (
        <Tooltip label={shortcuts.step.shown} openDelay={500}>
          <Button
            size={size}
            variant="default"
            leftSection={<StepForward size={15} aria-hidden />}
            aria-keyshortcuts={shortcuts.step.aria}
            // Not disabled while a batch is trained: the focus would be lost between two presses.
            onClick={() => (busy ? undefined : step.mutate())}
          >
            {t("One batch")}
          </Button>
        </Tooltip>
      ) : null}
      <Tooltip label={t("Begin again, or go on from a checkpoint")} openDelay={300}>
        <ActionIcon
          size={size === "xs" ? 30 : 36}
          variant="default"
          aria-label={t("Fork this run")}
          onClick={() => setForking(true)}
        >
          <GitFork size={15} aria-hidden />
        </ActionIcon>
      </Tooltip>
      {forking ? <ForkDialog run={run} live={!isOver(state)} onClose={() => setForking(false)} /> : null}
    </Group>
  );
}
