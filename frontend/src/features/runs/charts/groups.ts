import { type Message, msg, t, type Translate } from "@/i18n";
import { titleOf } from "@/shared/schema/field";

import type { Curve, CurveSet } from "../curves";

export type Role = "train" | "val" | "test" | "other";

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

const titles: Record<string, Message> = {
  loss: msg("Loss"),
  accuracy: msg("Accuracy"),
  lr: msg("Learning rate"),
  mse: msg("Mean squared error"),
  perplexity: msg("Perplexity"),
  frechet: msg("Fréchet distance"),
  nmi: msg("Mutual information"),
  ari: msg("Rand index"),
  purity: msg("Purity"),
  inertia: msg("Distance to the centre, squared"),
  mae: msg("Mean absolute error"),
  rmse: msg("Root mean squared error"),
  r2: msg("R²"),
};
const labels: Record<Exclude<Role, "other">, Message> = { train: msg("Training"), val: msg("Validation"), test: msg("Test") };
const roles: Role[] = ["train", "val", "test"];
const first = ["loss", "accuracy"];
const last = ["lr"];

/** train_loss → ["train", "loss"]; lr → ["other", "lr"]. */
export function splitKey(key: string): [Role, string] {
  const role = roles.find((one) => key.startsWith(`${one}_`));
  return role ? [role, key.slice(role.length + 1)] : ["other", key];
}

export function metricTitle(metric: string, translate: Translate = t): string {
  const title = titles[metric];
  return title === undefined ? titleOf(metric) : translate(title);
}

/** val_loss → "Validation loss". */
export function keyTitle(key: string): string {
  const [role, metric] = splitKey(key);
  const title = metricTitle(metric);
  const within = title.charAt(1) === title.charAt(1).toUpperCase() ? title : title.charAt(0).toLowerCase() + title.slice(1);
  if (role === "train") return t("Training {{metric}}", { metric: within });
  if (role === "val") return t("Validation {{metric}}", { metric: within });
  return role === "test" ? t("Test {{metric}}", { metric: within }) : title;
}

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
