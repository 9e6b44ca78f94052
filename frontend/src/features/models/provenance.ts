import { titleOf } from "@/shared/schema/field";

/** A digest is told by its beginning. */
const DIGEST = /^[0-9a-f]{40,}$/i;

/** Nested facts as flat rows: {data: {sha256: …}} → ["Data sha256", "ab12…"]. */
export function provenanceRows(provenance: Readonly<Record<string, unknown>>, prefix = ""): [string, string][] {
  return Object.entries(provenance).flatMap(([key, value]): [string, string][] => {
    // "Batch size" says enough; that it is one of the settings need not be in front of each.
    const name = prefix === "" || prefix === "settings" ? key : `${prefix} ${key}`;
    if (value === null || value === undefined) return [];
    if (typeof value === "object" && !Array.isArray(value))
      return provenanceRows(value as Record<string, unknown>, name);
    return [[titleOf(name), textOf(value)]];
  });
}

function textOf(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return DIGEST.test(value) ? `${value.slice(0, 12)}…` : value;
}
