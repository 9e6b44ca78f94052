import type { ParamValue, Run } from "@/api/types";
import { formatDuration } from "@/shared/format";

import classes from "./runs.module.css";

/** How a run was set up, in words. */
export function RunSettings({ run }: { run: Run }) {
  return (
    <dl className={classes["pair"]} aria-label="Settings">
      {settingRows(run).map(([name, value]) => (
        <SettingRow key={name} name={name} value={value} />
      ))}
    </dl>
  );
}

function SettingRow({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

export function settingRows(run: Run): [string, string][] {
  const { settings } = run;
  return [
    ["Network", `${run.graph.name ?? "unnamed"}, ${run.graph.nodes.length} nodes`],
    ["Data set", run.dataset],
    ["Optimizer", withParams(settings.optimizer, settings.optimizer_params)],
    ["Schedule", settings.scheduler ? withParams(settings.scheduler.name, settings.scheduler.params) : "constant"],
    ["Initial weights", settings.initializer],
    ["Batch size", String(settings.batch_size)],
    ["Epochs", String(settings.epochs)],
    ["Seed", String(settings.seed)],
    ["Device", settings.device],
    ["Held out for validation", `${Math.round(settings.validation_split * 1000) / 10} %`],
    ["Checkpoint every", formatDuration(settings.checkpoint_every_seconds)],
  ];
}

function withParams(name: string, params: Readonly<Record<string, ParamValue>>): string {
  const parts = Object.entries(params).map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
  return parts.length === 0 ? name : `${name}: ${parts.join(", ")}`;
}
