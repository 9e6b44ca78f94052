import { type Message, msg, t, type Translate } from "@/i18n";

import { titleOf } from "./schema/field";

export type Role = "train" | "val" | "test" | "other";

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
const roles: Role[] = ["train", "val", "test"];

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
  const isName = metric === "frechet" || title.charAt(1) === title.charAt(1).toUpperCase();
  const within = isName ? title : title.charAt(0).toLowerCase() + title.slice(1);
  if (role === "train") return t("Training {{metric}}", { metric: within });
  if (role === "val") return t("Validation {{metric}}", { metric: within });
  return role === "test" ? t("Test {{metric}}", { metric: within }) : title;
}

/** Metrics of which more is better; of all others less is. */
const rising = new Set(["accuracy", "r2", "nmi", "ari", "purity", "f1", "precision", "recall", "auc", "top_5_accuracy"]);

export function isRising(key: string): boolean {
  return rising.has(splitKey(key)[1]);
}
