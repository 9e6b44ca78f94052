import type { ParamValue, Run } from "@/api/types";
import { type Message, msg, t as translateNow, type Translate } from "@/i18n";
import { titleOf } from "@/shared/schema/field";

/** A setting in all runs; null where a run has no such thing. */
export interface SettingRow {
  name: string;
  values: (string | null)[];
  differs: boolean;
}

const names: Record<string, Message> = {
  optimizer: msg("Optimizer"),
  learning_rate: msg("Learning rate"),
  wd: msg("Weight decay"),
  scheduler: msg("Schedule"),
  initializer: msg("Initial weights"),
  batch_size: msg("Batch size"),
  epochs: msg("Epochs"),
  seed: msg("Seed"),
  device: msg("Device"),
  validation_split: msg("Held out for validation"),
  dataset: msg("Data set"),
};

/** One row for each setting of any run, parameters of optimizer and schedule each on their own. */
export function settingRowsOf(runs: readonly Run[], t: Translate = translateNow): SettingRow[] {
  const all = runs.map((run) => flatten({ dataset: run.dataset, ...run.settings }));
  const keys = [...new Set(all.flatMap((one) => [...one.keys()]))];
  return keys.map((key) => {
    const values = all.map((one) => one.get(key) ?? null);
    return { name: nameOf(key, t), values, differs: new Set(values).size > 1 };
  });
}

/** {"optimizer_params": {"wd": 0}} → "optimizer_params.wd" → "0". */
function flatten(value: object, under = "", found = new Map<string, string>()): Map<string, string> {
  for (const [key, one] of Object.entries(value) as [string, ParamValue][]) {
    const path = under === "" ? key : `${under}.${key}`;
    if (one !== null && typeof one === "object" && !Array.isArray(one)) flatten(one, path, found);
    else if (one !== null) found.set(path, typeof one === "string" ? one : JSON.stringify(one));
  }
  return found;
}

function nameOf(path: string, t: Translate): string {
  const [first = "", ...rest] = path.split(".").filter((word) => word !== "params");
  const say = (word: string): string => {
    const name = names[word];
    return name === undefined ? titleOf(word) : t(name);
  };
  if (first === "optimizer_params") return rest.map(say).join(" ");
  return [say(first), ...rest.filter((word) => word !== "name").map(say)].join(": ");
}
