import { Button, Group } from "@mantine/core";
import { type LucideIcon, Pause, Play, Square } from "lucide-react";

import type { RunMove } from "@/api/runs";
import type { Run, RunState } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";

import { legalMoves } from "./moves";
import { useMoveRun } from "./queries";

const looks: Record<RunMove, { text: Message; icon: LucideIcon; color?: string }> = {
  pause: { text: msg("Pause"), icon: Pause },
  resume: { text: msg("Resume"), icon: Play },
  stop: { text: msg("Stop"), icon: Square, color: "red" },
};

/** The moves a run allows now, and no others. */
export function RunControls({ run, state, size = "sm" }: { run: Run; state: RunState; size?: "xs" | "sm" }) {
  const { t } = useTranslation();
  const move = useMoveRun(run);
  const moves = legalMoves({ state, resumable: run.resumable });
  return (
    <Group gap="xs" role="group" aria-label={t("Training")}>
      {moves.map((name) => {
        const { text, icon: Icon, color } = looks[name];
        return (
          <Button
            key={name}
            size={size}
            variant={name === "resume" ? "filled" : "default"}
            {...(color === undefined ? {} : { c: color })}
            leftSection={<Icon size={15} aria-hidden />}
            loading={move.isPending && move.variables === name}
            disabled={move.isPending}
            onClick={() => move.mutate(name)}
          >
            {t(text)}
          </Button>
        );
      })}
    </Group>
  );
}
