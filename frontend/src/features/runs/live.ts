import type { LiveChange } from "@/api/runs";
import type { Run, RunAdvice, RunChange, TrainSettings } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { toNumber } from "@/shared/format";

export type LiveName = RunChange["name"];

export const liveNames: Record<LiveName, Message> = {
  learning_rate: msg("Learning rate"),
  weight_decay: msg("Weight decay"),
  batch_size: msg("Batch size"),
};

export const liveOrder: readonly LiveName[] = ["learning_rate", "weight_decay", "batch_size"];

const LARGEST: Record<LiveName, number> = { learning_rate: 1e6, weight_decay: 1e6, batch_size: 65_536 };

/** What a run trains with now: its settings, and what was changed since (up to a step, where one is named). */
export function currentSettings(run: Run, upTo = Infinity): Record<LiveName, number> {
  const params = run.settings.optimizer_params;
  const values: Record<LiveName, number> = {
    learning_rate: Number(params["learning_rate"] ?? 0.01),
    weight_decay: Number(params["wd"] ?? 0),
    batch_size: run.settings.batch_size,
  };
  for (const change of run.changes) if (change.step <= upTo) values[change.name] = toNumber(change.after);
  // With a schedule the rate moves on its own: the newest point of its curve is what holds.
  const rate = run.metrics["lr"];
  if (upTo === Infinity && run.settings.scheduler && rate !== undefined) values.learning_rate = toNumber(rate);
  return values;
}

/** The settings of a fork of a checkpoint: as they were there. A schedule keeps its own rate, which is carried on. */
export function settingsAt(run: Run, step: number | null): TrainSettings {
  if (step === null) return run.settings;
  const { learning_rate, weight_decay, batch_size } = currentSettings(run, step);
  const optimizer_params = { ...run.settings.optimizer_params };
  if (!run.settings.scheduler) optimizer_params["learning_rate"] = learning_rate;
  if (weight_decay !== Number(optimizer_params["wd"] ?? 0)) optimizer_params["wd"] = weight_decay;
  return { ...run.settings, optimizer_params, batch_size };
}

/** Why a number cannot be set; null where it can. */
export function liveProblem(name: LiveName, value: number | string): Message | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return msg("A number is wanted.");
  if (value < 0) return msg("At least 0 is wanted.");
  if (value > LARGEST[name]) return msg("That is too large.");
  if (name === "batch_size" && (!Number.isInteger(value) || value < 1)) return msg("A whole number from 1 is wanted.");
  return null;
}

/** What an advice would have changed, as far as it can be done while training. */
export function changeOf(advice: RunAdvice): LiveChange {
  return advice.change;
}

/** Settings with what an advice would have changed. */
export function adviseSettings(settings: TrainSettings, change: LiveChange): TrainSettings {
  const optimizer_params = { ...settings.optimizer_params };
  if (change.learning_rate !== undefined) optimizer_params["learning_rate"] = change.learning_rate;
  if (change.weight_decay !== undefined) optimizer_params["wd"] = change.weight_decay;
  return { ...settings, optimizer_params, batch_size: change.batch_size ?? settings.batch_size };
}
