import { type Message, msg, t } from "@/i18n";
import { titleOf } from "@/shared/schema/field";

/** A digest is told by its beginning. */
const DIGEST = /^[0-9a-f]{40,}$/i;

/** What a training is told, as the studio's forms call it; what else is kept is named by its key. */
const names: Record<string, Message> = {
  batch_size: msg("Batch size"),
  checkpoint_every_seconds: msg("Seconds between checkpoints"),
  data_sha256: msg("Digest of the data"),
  device: msg("Device"),
  epochs: msg("Epochs"),
  initializer: msg("Initial weights"),
  look_inside: msg("Looks inside"),
  optimizer: msg("Optimizer"),
  "optimizer_params learning_rate": msg("Learning rate"),
  run: msg("Run"),
  "scheduler name": msg("Schedule"),
  seed: msg("Seed"),
  validation_split: msg("Part held out for validation"),
  version: msg("Version of Netwright"),
};

function nameOf(key: string): string {
  const known = names[key];
  return known === undefined ? titleOf(key) : t(known);
}

/** Nested facts as flat rows: {data: {sha256: …}} → ["Data sha256", "ab12…"]. */
export function provenanceRows(provenance: Readonly<Record<string, unknown>>, prefix = ""): [string, string][] {
  return Object.entries(provenance).flatMap(([key, value]): [string, string][] => {
    // "Batch size" says enough; that it is one of the settings need not be in front of each.
    const name = prefix === "" || prefix === "settings" ? key : `${prefix} ${key}`;
    if (value === null || value === undefined) return [];
    if (typeof value === "object" && !Array.isArray(value))
      return provenanceRows(value as Record<string, unknown>, name);
    return [[nameOf(name), textOf(value)]];
  });
}

function textOf(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return DIGEST.test(value) ? `${value.slice(0, 12)}…` : value;
}
