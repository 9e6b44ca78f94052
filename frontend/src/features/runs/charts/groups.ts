import { titleOf } from "@/shared/schema/field";

import type { Curve, CurveSet } from "../curves";

export type Role = "train" | "val" | "other";

export interface ChartCurve extends Curve {
  role: Role;
  /** What the legend calls it within its chart. */
  label: string;
}

export interface ChartGroup {
  metric: string;
  title: string;
  curves: ChartCurve[];
}

const titles: Record<string, string> = {
  lr: "Learning rate",
  mse: "Mean squared error",
  mae: "Mean absolute error",
  rmse: "Root mean squared error",
  r2: "R²",
};
const labels: Record<Role, string> = { train: "Training", val: "Validation", other: "" };
const first = ["loss", "accuracy"];
const last = ["lr"];

/** train_loss → ["train", "loss"]; lr → ["other", "lr"]. */
export function splitKey(key: string): [Role, string] {
  if (key.startsWith("train_")) return ["train", key.slice("train_".length)];
  if (key.startsWith("val_")) return ["val", key.slice("val_".length)];
  return ["other", key];
}

export function metricTitle(metric: string): string {
  return titles[metric] ?? titleOf(metric);
}

/** One chart per metric, training and validation together: loss first, learning rate last. */
export function groupCurves(curves: CurveSet): ChartGroup[] {
  const groups = new Map<string, ChartGroup>();
  for (const curve of curves.values()) {
    const [role, metric] = splitKey(curve.key);
    const title = metricTitle(metric);
    let group = groups.get(metric);
    if (!group) {
      group = { metric, title, curves: [] };
      groups.set(metric, group);
    }
    group.curves.push({ ...curve, role, label: labels[role] || title });
  }
  for (const group of groups.values()) group.curves.sort((a, b) => rank(a.role) - rank(b.role));
  return [...groups.values()].sort((a, b) => place(a.metric) - place(b.metric));
}

const rank = (role: Role): number => ["train", "val", "other"].indexOf(role);

function place(metric: string): number {
  const early = first.indexOf(metric);
  if (early >= 0) return early - first.length;
  return last.indexOf(metric) + 1;
}
