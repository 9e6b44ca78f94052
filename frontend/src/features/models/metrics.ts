import type { ModelVersion, WireNumber } from "@/api/types";
import { type Message, msg, t } from "@/i18n";
import { formatMetric } from "@/shared/format";
import { capitalise } from "@/shared/text";

/** Which metric stands for a model, best first. */
const telling = ["test_nmi", "val_frechet", "test_perplexity", "test_accuracy", "val_accuracy", "accuracy", "test_r2", "val_r2", "r2", "test_loss", "val_loss", "loss"];

export function headline(version: ModelVersion): string | null {
  const key = telling.find((name) => version.metrics[name] !== undefined) ?? Object.keys(version.metrics)[0];
  const value = key === undefined ? undefined : version.metrics[key];
  return key === undefined || value === undefined ? null : `${metricName(key)} ${formatMetric(value)}`;
}

/** Names of metrics, as they stand inside a sentence. */
const names: Record<string, Message> = {
  loss: msg("loss"),
  accuracy: msg("accuracy"),
  mse: msg("MSE"),
  perplexity: msg("perplexity"),
  frechet: msg("Fréchet distance"),
  nmi: msg("mutual information"),
  ari: msg("Rand index"),
  purity: msg("purity"),
  mae: msg("MAE"),
  rmse: msg("RMSE"),
  r2: msg("R²"),
  lr: msg("learning rate"),
};

/** val_accuracy → "Validation accuracy". */
export function metricName(key: string): string {
  const [, part, metric = key] = /^(val|train|test)_(.+)$/.exec(key) ?? [];
  const known = names[metric];
  const name = known === undefined ? metric.replaceAll("_", " ") : t(known);
  if (part === "val") return t("Validation {{metric}}", { metric: name });
  if (part === "train") return t("Training {{metric}}", { metric: name });
  if (part === "test") return t("Test {{metric}}", { metric: name });
  return capitalise(name);
}

export const metricRows = (metrics: Readonly<Record<string, WireNumber>>): [string, string][] =>
  Object.entries(metrics).map(([key, value]) => [metricName(key), formatMetric(value)]);
