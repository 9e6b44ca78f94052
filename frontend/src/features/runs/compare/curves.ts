import type { Run, RunSeries } from "@/api/types";
import { t as translateNow, type Translate } from "@/i18n";
import { runTitle } from "@/shared/runTitle";

import { type ChartCurve, type ChartGroup, groupCurves } from "../charts/groups";
import { type Curve, readEnvelope } from "../curves";

export interface RunCurves {
  run: Run;
  /** The run's colour. */
  tint: number;
  series: RunSeries["series"];
}

/** The charts of several runs laid over each other: one for each metric, the run told by colour, the part by dashes. */
export function overlay(runs: readonly RunCurves[], t: Translate = translateNow): ChartGroup[] {
  const groups = new Map<string, ChartGroup>();
  for (const { run, tint, series } of runs) {
    const curves = new Map<string, Curve>(Object.entries(series).map(([key, envelope]) => [key, readEnvelope(key, envelope)]));
    for (const group of groupCurves(curves, t)) {
      let all = groups.get(group.metric);
      if (!all) {
        all = { ...group, curves: [] };
        groups.set(group.metric, all);
      }
      all.curves.push(...group.curves.map((curve) => named(curve, run, tint)));
    }
  }
  const roles = ["train", "val", "test", "other"];
  for (const group of groups.values()) group.curves.sort((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role));
  const order = groupCurves(new Map([...groups.values()].flatMap((group) => group.curves.map((curve) => [metricKey(curve), { ...curve, key: metricKey(curve) }]))), t);
  return order.flatMap((one) => groups.get(one.metric) ?? []);
}

/** "run:val_loss" → "val_loss". */
const metricKey = (curve: Curve): string => curve.key.slice(curve.key.indexOf(":") + 1);

function named(curve: ChartCurve, run: Run, tint: number): ChartCurve {
  const title = runTitle(run);
  return { ...curve, key: `${run.id}:${curve.key}`, label: curve.role === "other" ? title : `${title}, ${curve.label}`, tint };
}
