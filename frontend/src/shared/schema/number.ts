import { t } from "@/i18n";

import type { FieldKind } from "./field";

export type NumberReading = { value: number; error: null } | { value: null; error: string };

/** Reads "64", "1e-3", "1 000" or "0,5" as a number. */
export function readNumber(text: string, kind: FieldKind): NumberReading {
  const plain = text.trim().replace(/[\s_]/g, "").replace(/^([+-]?\d*),(\d+)$/, "$1.$2").replace("−", "-");
  const number = plain === "" ? NaN : Number(plain);
  if (!Number.isFinite(number)) return { value: null, error: t("“{{text}}” is not a number", { text: text.trim() }) };
  if (kind === "integer" && !Number.isInteger(number)) return { value: null, error: t("“{{text}}” is not a whole number", { text: text.trim() }) };
  return { value: number, error: null };
}
