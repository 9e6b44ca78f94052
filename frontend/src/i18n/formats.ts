import { languageTag } from "./index";

/** 60000 → "60,000". */
export function formatNumber(value: number): string {
  return new Intl.NumberFormat(languageTag()).format(value);
}

/** A day as people write it where they read this: "31 Jan 2026", "2026年1月31日". */
export function formatDate(time: string | Date): string {
  return new Intl.DateTimeFormat(languageTag(), { dateStyle: "medium" }).format(new Date(time));
}

/** A day with its time. */
export function formatDateTime(time: string | Date): string {
  return new Intl.DateTimeFormat(languageTag(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
}
