import type { Run, RunState, WireNumber } from "@/api/types";
import { t } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { formatBytes, formatCount, formatDuration, toNumber } from "@/shared/format";

import type { RunSnapshot } from "./history";
import { isOver } from "./moves";

export interface Fact {
  label: string;
  value: string;
}

/** How far a run is: from the stream where it has spoken, from the run's record before that. */
export interface Progress {
  step: number;
  stepsTotal: number | null;
  epoch: number;
  epochs: number;
  samplesPerSecond: number | null;
  secondsLeft: number | null;
  memoryBytes: number | null;
}

const read = (value: WireNumber | null): number | null => (value === null ? null : toNumber(value));

export function progressOf(run: Run, snapshot: RunSnapshot): Progress {
  const live = snapshot.progress;
  const source = live && snapshot.lastSeq >= run.last_event ? live : run;
  return {
    step: source.step,
    stepsTotal: source.steps_total,
    epoch: source.epoch,
    epochs: source.epochs,
    samplesPerSecond: read(source.samples_per_second),
    secondsLeft: read(source.seconds_left),
    memoryBytes: live?.memory_bytes ?? run.memory_bytes,
  };
}

/** 0 to 100; by steps where their number is known, else by epochs. */
export function percentOf(progress: Progress): number {
  const [done, all] =
    progress.stepsTotal === null ? [progress.epoch, progress.epochs] : [progress.step, progress.stepsTotal];
  return all > 0 ? Math.min(100, (100 * done) / all) : 0;
}

export function progressFacts(progress: Progress, state: RunState): Fact[] {
  const step = formatNumber(progress.step);
  const epoch = Math.min(progress.epochs, Math.floor(progress.epoch) + 1);
  const facts: Fact[] = [
    // 1.28 is in the second epoch; the end of the last one is still the last.
    { label: t("Epoch"), value: t("{{done}} of {{all}}", { done: epoch, all: progress.epochs }) },
    {
      label: t("Step"),
      value: progress.stepsTotal === null ? step : t("{{done}} of {{all}}", { done: step, all: formatNumber(progress.stepsTotal) }),
    },
  ];
  if (progress.samplesPerSecond !== null && progress.samplesPerSecond > 0)
    facts.push({ label: t("Speed"), value: t("{{samples}} samples/s", { samples: formatCount(progress.samplesPerSecond) }) });
  if (!isOver(state) && progress.secondsLeft !== null)
    facts.push({
      label: t("Time left"),
      value:
        state === "paused"
          ? t("{{duration}} of training", { duration: formatDuration(progress.secondsLeft) })
          : formatDuration(progress.secondsLeft),
    });
  if (progress.memoryBytes !== null) facts.push({ label: t("Memory"), value: formatBytes(progress.memoryBytes) });
  return facts;
}

/** Seconds between start and end; up to `now` while it runs; null before it started. */
export function secondsOf(run: Pick<Run, "started_at" | "ended_at">, now: Date = new Date()): number | null {
  if (run.started_at === null) return null;
  const end = run.ended_at === null ? now : new Date(run.ended_at);
  return Math.max(0, (end.getTime() - new Date(run.started_at).getTime()) / 1000);
}
