import type { ModelVersion, WireNumber } from "@/api/types";
import { formatMetric } from "@/shared/format";
import { titleOf } from "@/shared/schema/field";

/** Which metric stands for a model, best first. */
const telling = ["test_accuracy", "val_accuracy", "accuracy", "test_r2", "val_r2", "r2", "test_loss", "val_loss", "loss"];

export function headline(version: ModelVersion): string | null {
  const key = telling.find((name) => version.metrics[name] !== undefined) ?? Object.keys(version.metrics)[0];
  const value = key === undefined ? undefined : version.metrics[key];
  return key === undefined || value === undefined ? null : `${metricName(key)} ${formatMetric(value)}`;
}

const words: Record<string, string> = { val: "validation", train: "training", mse: "MSE", mae: "MAE", r2: "R²", lr: "learning rate" };

/** val_accuracy → "Validation accuracy". */
export function metricName(key: string): string {
  return titleOf(key.split("_").map((word) => words[word] ?? word).join("_"));
}

export const metricRows = (metrics: Readonly<Record<string, WireNumber>>): [string, string][] =>
  Object.entries(metrics).map(([key, value]) => [metricName(key), formatMetric(value)]);
