import { type Message, msg, t, type Translate } from "@/i18n";
import { metricTitle, type Role, splitKey } from "@/shared/metric";

import type { Curve, CurveSet } from "../curves";

export interface ChartCurve extends Curve {
  role: Role;
  /** What the legend calls it within its chart. */
  label: string;
  /** Where runs lie over each other: the run's place in the palette. The role is then told by the dashes. */
  tint?: number;
  /** Of the run this one comes from: drawn behind, and no part of its values. */
  ghost?: boolean;
}

export interface ChartGroup {
  metric: string;
  title: string;
  curves: ChartCurve[];
}

const labels: Record<Exclude<Role, "other">, Message> = { train: msg("Training"), val: msg("Validation"), test: msg("Test") };
const roles: Role[] = ["train", "val", "test"];
const first = ["loss", "accuracy"];
const last = ["lr"];

/** One chart per metric, training, validation and test together: loss first, learning rate last. */
export function groupCurves(curves: CurveSet, translate: Translate = t): ChartGroup[] {
  const groups = new Map<string, ChartGroup>();
  for (const curve of curves.values()) {
    const [role, metric] = splitKey(curve.key);
    const title = metricTitle(metric, translate);
    let group = groups.get(metric);
    if (!group) {
      group = { metric, title, curves: [] };
      groups.set(metric, group);
    }
    group.curves.push({ ...curve, role, label: role === "other" ? title : translate(labels[role]) });
  }
  for (const group of groups.values()) group.curves.sort((a, b) => rank(a.role) - rank(b.role));
  return [...groups.values()].sort((a, b) => place(a.metric) - place(b.metric));
}

const rank = (role: Role): number => [...roles, "other"].indexOf(role);

function place(metric: string): number {
  const early = first.indexOf(metric);
  if (early >= 0) return early - first.length;
  return last.indexOf(metric) + 1;
}
