import type { ParamValue, Run } from "@/api/types";
import { type Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatDuration } from "@/shared/format";

import { changeText } from "./marks";
import classes from "./runs.module.css";

/** How a run was set up, in words. */
export function RunSettings({ run }: { run: Run }) {
  const { t } = useTranslation();
  return (
    <dl className={classes["pair"]} aria-label={t("Settings")}>
      {settingRows(run, t).map(([name, value]) => (
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

export function settingRows(run: Run, t: Translate): [string, string][] {
  const { settings } = run;
  return [
    [t("Network"), t("{{name}}, {{count}} nodes", { name: run.graph.name ?? t("unnamed"), count: run.graph.nodes.length })],
    [t("Data set"), run.dataset],
    [t("Optimizer"), withParams(settings.optimizer, settings.optimizer_params)],
    [t("Schedule"), settings.scheduler ? withParams(settings.scheduler.name, settings.scheduler.params) : t("constant")],
    [t("Initial weights"), settings.initializer],
    [t("Batch size"), String(settings.batch_size)],
    ...run.changes.map((change): [string, string] => [
      t("Changed at step {{step}}", { step: formatNumber(change.step) }),
      changeText(change, t),
    ]),
    [t("Epochs"), String(settings.epochs)],
    [t("Seed"), String(settings.seed)],
    [t("Device"), settings.device],
    [t("Held out for validation"), `${Math.round(settings.validation_split * 1000) / 10} %`],
    [t("Checkpoint every"), formatDuration(settings.checkpoint_every_seconds)],
  ];
}

function withParams(name: string, params: Readonly<Record<string, ParamValue>>): string {
  const parts = Object.entries(params).map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
  return parts.length === 0 ? name : `${name}: ${parts.join(", ")}`;
}
