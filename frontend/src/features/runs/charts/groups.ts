import { titleOf } from "@/shared/schema/field";

import type { Curve, CurveSet } from "../curves";

export type Role = "train" | "val" | "test" | "other";

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
const labels: Record<Role, string> = { train: "Training", val: "Validation", test: "Test", other: "" };
const roles: Role[] = ["train", "val", "test"];
const first = ["loss", "accuracy"];
const last = ["lr"];

/** train_loss → ["train", "loss"]; lr → ["other", "lr"]. */
export function splitKey(key: string): [Role, string] {
  const role = roles.find((one) => key.startsWith(`${one}_`));
  return role ? [role, key.slice(role.length + 1)] : ["other", key];
}

export function metricTitle(metric: string): string {
  return titles[metric] ?? titleOf(metric);
}

/** val_loss → "Validation loss". */
export function keyTitle(key: string): string {
  const [role, metric] = splitKey(key);
  const title = metricTitle(metric);
  return role === "other" ? title : `${labels[role]} ${title === titles[metric] ? title : title.toLowerCase()}`;
}

/** One chart per metric, training, validation and test together: loss first, learning rate last. */
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

const rank = (role: Role): number => [...roles, "other"].indexOf(role);

function place(metric: string): number {
  const early = first.indexOf(metric);
  if (early >= 0) return early - first.length;
  return last.indexOf(metric) + 1;
}
