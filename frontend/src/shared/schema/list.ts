import type { ParamValue } from "@/api/types";
import { t } from "@/i18n";

import type { Field } from "./field";

export type ListReading = { value: ParamValue[]; error: null } | { value: null; error: string };

/** Reads "3, 3", "3 x 3", "(3,3)" or "[3 3]" as a list. */
export function readList(text: string, field: Pick<Field, "items" | "minItems" | "maxItems">): ListReading {
  const inner = text.trim().replace(/^[[(]/, "").replace(/[\])]$/, "").trim();
  const separator = field.items === "string" ? /\s*,\s*/ : /[\s,×x]+/i;
  const words = inner === "" ? [] : inner.split(separator).filter((word) => word !== "");
  const values = words.map((word) => readItem(word, field.items));
  const wrong = values.findIndex((value) => value === null);
  if (wrong >= 0) return { value: null, error: notOne(words[wrong] ?? "", field.items) };
  if (field.minItems !== null && values.length < field.minItems)
    return { value: null, error: t("Wants at least {{least}} values, got {{given}}", { least: field.minItems, given: values.length }) };
  if (field.maxItems !== null && values.length > field.maxItems)
    return { value: null, error: t("Wants at most {{most}} values, got {{given}}", { most: field.maxItems, given: values.length }) };
  return { value: values, error: null };
}

function readItem(word: string, items: Field["items"]): ParamValue {
  if (items === "string") return word;
  const number = Number(word);
  if (!Number.isFinite(number)) return null;
  return items === "number" || Number.isInteger(number) ? number : null;
}

function notOne(text: string, items: Field["items"]): string {
  return items === "integer" ? t("“{{text}}” is not a whole number", { text }) : t("“{{text}}” is not a number", { text });
}

/** [3, 3] → "3, 3". */
export function writeList(value: ParamValue | undefined): string {
  return Array.isArray(value) ? value.map(String).join(", ") : "";
}
