import { Button, Group, Progress, Text } from "@mantine/core";
import { type LucideIcon, Pause, Play, Square, Trash2 } from "lucide-react";

import type { SweepMove } from "@/api/sweeps";
import type { Sweep } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { formatDuration } from "@/shared/format";
import { keyTitle } from "@/shared/metric";

import { SweepBadge } from "./Badges";
import { progressOf } from "./facts";
import { parameterTitle, rangeText, trialStates } from "./names";
import { useMoveSweep } from "./queries";
import classes from "./sweeps.module.css";
import { useDeleteSweepWithUndo } from "./useDeleteSweepWithUndo";

const looks: Record<SweepMove, { text: Message; icon: LucideIcon }> = {
  pause: { text: msg("Pause"), icon: Pause },
  resume: { text: msg("Resume"), icon: Play },
  stop: { text: msg("Stop"), icon: Square },
};
const moves: Record<Sweep["state"], readonly SweepMove[]> = {
  running: ["pause", "stop"],
  paused: ["resume", "stop"],
  stopped: ["resume"],
  completed: [],
};
const kinds: Record<Sweep["method"]["kind"], Message> = { grid: msg("Grid"), random: msg("Random"), halving: msg("Halving") };

/** How far a sweep is, its controls, and how many trials are where. */
export function SweepStatus({ sweep }: { sweep: Sweep }) {
  const { t } = useTranslation();
  const { over, all, percent } = progressOf(sweep.counts);
  const facts = [
    [t("Method"), sweep.method.kind === "halving" && sweep.method.asynchronous ? t("Halving (ASHA)") : t(kinds[sweep.method.kind])],
    [t("Trials"), t("{{done}} of {{all}}", { done: over, all })],
    [t("What decides"), keyTitle(sweep.metric)],
    [t("Trained for"), formatDuration(sweep.seconds)],
    ...(sweep.seconds_left === null ? [] : [[t("Time left"), formatDuration(sweep.seconds_left)]]),
    [t("At the same time"), String(sweep.concurrency)],
  ];
  return (
    <section className={`nw-card ${classes["status"] ?? ""}`} aria-label={t("Progress of the sweep")}>
      <Group justify="space-between" gap="sm">
        <Group gap="sm" aria-live="polite">
          <SweepBadge state={sweep.state} />
          <Text size="sm" c="dimmed">
            {Object.entries(trialStates)
              .flatMap(([state, name]) => {
                const count = sweep.counts[state as keyof typeof trialStates] ?? 0;
                return count > 0 ? [`${count} ${t(name)}`] : [];
              })
              .join(" · ")}
          </Text>
        </Group>
        <Controls sweep={sweep} />
      </Group>
      <Progress value={percent} size="sm" aria-label={t("Progress of the sweep")} striped={sweep.state === "running"} animated={sweep.state === "running"} />
      <dl className={classes["facts"]}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <ul className={classes["varied"]} aria-label={t("What is varied")}>
        {sweep.parameters.map((one) => (
          <li key={one.path}>
            <b>{parameterTitle(one)}</b> {rangeText(one)}
          </li>
        ))}
      </ul>
      {sweep.rungs.length > 1 ? (
        <Text size="xs" c="dimmed">
          {t("Rungs: {{rungs}}", {
            rungs: sweep.rungs.map((rung) => t("{{trials}} until epoch {{epoch}}", { trials: rung.trials, epoch: rung.epochs })).join(", "),
          })}
        </Text>
      ) : null}
    </section>
  );
}

function Controls({ sweep }: { sweep: Sweep }) {
  const { t } = useTranslation();
  const move = useMoveSweep(sweep.id);
  const remove = useDeleteSweepWithUndo();
  const isOver = sweep.state === "completed" || sweep.state === "stopped";
  return (
    <Group gap="xs" role="group" aria-label={t("Sweep")}>
      {moves[sweep.state].map((name) => {
        const { text, icon: Icon } = looks[name];
        return (
          <Button
            key={name}
            size="xs"
            variant={name === "resume" ? "filled" : "default"}
            {...(name === "stop" ? { c: "red" } : {})}
            leftSection={<Icon size={15} aria-hidden />}
            loading={move.isPending && move.variables === name}
            disabled={move.isPending}
            onClick={() => move.mutate(name)}
          >
            {t(text)}
          </Button>
        );
      })}
      {isOver ? (
        <Button size="xs" variant="default" leftSection={<Trash2 size={15} aria-hidden />} onClick={() => remove(sweep)}>
          {t("Delete")}
        </Button>
      ) : null}
    </Group>
  );
}
