import type { Knob, ParamValue, SweepParameter, SweepState, SweepTrial, TrialState } from "@/api/types";
import { type Message, msg, t } from "@/i18n";
import { formatMetric } from "@/shared/format";
import { fieldsOf, titleOf } from "@/shared/schema/field";

export const sweepStates: Record<SweepState, Message> = {
  running: msg("Running"),
  paused: msg("Paused"),
  stopped: msg("Stopped"),
  completed: msg("Completed"),
};

export const trialStates: Record<TrialState, Message> = {
  waiting: msg("Waiting"),
  running: msg("Running"),
  held: msg("At a rung"),
  completed: msg("Completed"),
  early: msg("Stopped early"),
  failed: msg("Failed"),
  refused: msg("Refused"),
  stopped: msg("Stopped"),
};

/** What a parameter is called beside others of its owner: "Learning rate", "Units". */
export function knobTitle(knob: Knob): string {
  if (knob.section === "settings") return pathTitle(knob.path);
  return fieldsOf({ properties: { [knob.name]: knob.rule } })[0]?.title ?? titleOf(knob.name);
}

/** The same with its owner: "fc1: Units". */
export function ownedTitle(knob: Knob): string {
  return knob.owner === "" ? knobTitle(knob) : `${knob.owner}: ${knobTitle(knob)}`;
}

/** A varied parameter and those that change together with it: "fc1 num_hidden = fc2 num_hidden". */
export function parameterTitle({ path, also = [] }: SweepParameter): string {
  return [path, ...also].map(pathTitle).join(" = ");
}

/** "settings.optimizer_params.learning_rate" → "Learning rate"; "nodes.fc1.num_hidden" → "fc1 num_hidden". */
export function pathTitle(path: string): string {
  const parts = path.split(".");
  const last = parts.at(-1) ?? path;
  if (parts[0] === "settings") return settingNames[last] === undefined ? titleOf(last) : t(settingNames[last]);
  return parts[0] === "groups" ? t("{{group}}, repeated", { group: parts[1] ?? "" }) : `${parts[1] ?? ""} ${last}`;
}

const settingNames: Readonly<Record<string, Message>> = {
  optimizer: msg("Optimizer"),
  initializer: msg("Initial weights"),
  scheduler: msg("Schedule"),
  batch_size: msg("Batch size"),
  epochs: msg("Epochs"),
  seed: msg("Seed"),
  learning_rate: msg("Learning rate"),
  wd: msg("Weight decay"),
  validation_split: msg("Validation part"),
};

/** A value as people write it: [3, 3] as "3×3", a schedule by its name. */
export function valueText(value: ParamValue | undefined): string {
  if (value === undefined) return "–";
  if (value === null) return t("none");
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : formatMetric(value);
  if (typeof value === "boolean") return value ? t("yes") : t("no");
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((item) => valueText(item)).join("×");
  return typeof value["name"] === "string" ? value["name"] : JSON.stringify(value);
}

/** Why a trial was refused or ended as it did, in one line; null where there is nothing to say. */
export function reasonText({ problem, reason }: Pick<SweepTrial, "problem" | "reason">): string | null {
  if (!problem) return reason;
  const { where, message, got } = problem;
  return `${where === null ? "" : `${where}: `}${message}${got === null ? "" : ` (${got})`}`;
}

/** "0.0001 … 0.1, logarithmic" or "16, 32, 64". */
export function rangeText(range: SweepParameter): string {
  if (range.kind === "choice") return range.values.map((value) => valueText(value)).join(", ");
  const span = `${valueText(range.low)} … ${valueText(range.high)}`;
  return range.log ? t("{{span}}, logarithmic", { span }) : span;
}
