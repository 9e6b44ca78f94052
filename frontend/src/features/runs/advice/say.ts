import type { RunAdvice } from "@/api/types";
import type { Message, Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { formatMetric } from "@/shared/format";

import { adviceTexts } from "./texts";

const known: ReadonlyMap<string, Message> = new Map(adviceTexts.map((text) => [text, text]));

/** Steps and counts stay whole; everything else is a measured number. */
const shown = (value: string | number): string => {
  if (typeof value === "string") return value;
  return Number.isInteger(value) && Math.abs(value) < 1e9 ? formatNumber(value) : formatMetric(Number(value.toPrecision(3)));
};

/** One of an advice's texts with its values, in the language of the page; a text this page does not know stays as it came. */
export function sayText(text: string, advice: Pick<RunAdvice, "values">, t: Translate): string {
  const values = Object.fromEntries(Object.entries(advice.values).map(([name, value]) => [name, shown(value)]));
  const message = known.get(text);
  return message ? t(message, values) : text.replace(/{{(\w+)}}/g, (_all, name: string) => values[name] ?? "");
}
