import type { WireNumber } from "@/api/types";
import { t } from "@/i18n";
import { formatDate } from "@/i18n/formats";

/** A travelling number as a real one; the words NaN and ±Infinity become themselves. */
export function toNumber(value: WireNumber): number {
  return typeof value === "number" ? value : Number(value);
}

function scaled(value: number, base: number, units: readonly string[], digits: number): string {
  let size = value;
  let unit = 0;
  // Compare as it will be printed, so that 999,950 reads 1M and not 1000K.
  while (Number(size.toFixed(digits)) >= base && unit < units.length - 1) {
    size /= base;
    unit += 1;
  }
  const text = unit === 0 ? String(Math.round(size)) : String(Number(size.toFixed(digits)));
  return `${text}${units[unit] ?? ""}`;
}

/** 7210 → "7.2K". */
export function formatCount(value: number): string {
  return scaled(value, 1000, ["", "K", "M", "G", "T", "P"], 1);
}

/** 296400000 → "296.4 MFLOP". */
export function formatFlops(value: number): string {
  return scaled(value, 1000, [" FLOP", " kFLOP", " MFLOP", " GFLOP", " TFLOP", " PFLOP"], 1);
}

/** 28840 → "28.2 KiB". */
export function formatBytes(value: number): string {
  return scaled(value, 1024, [" B", " KiB", " MiB", " GiB", " TiB"], 1);
}

/** Seconds → "850 ms", "12 s", "3 min 05 s", "2 h 10 min". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 1) return t("{{milliseconds}} ms", { milliseconds: Math.round(seconds * 1000) });
  const whole = Math.round(seconds);
  if (whole < 60) return t("{{seconds}} s", { seconds: whole });
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return t("{{minutes}} min {{seconds}} s", { minutes, seconds: String(whole % 60).padStart(2, "0") });
  return t("{{hours}} h {{minutes}} min", { hours: Math.floor(minutes / 60), minutes: String(minutes % 60).padStart(2, "0") });
}

/** [32, 20, 24, 24] → "32×20×24×24"; a scalar is "scalar". */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? t("scalar") : shape.join("×");
}

/** A metric or loss in four significant digits, with NaN and infinity named. */
export function formatMetric(value: WireNumber): string {
  const number = toNumber(value);
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "∞" : "−∞";
  if (number === 0) return "0";
  const size = Math.abs(number);
  if (size >= 1e5 || size < 1e-4) return number.toExponential(2);
  return String(Number(number.toPrecision(4)));
}

/** "2026-01-31T10:00:00Z" → "3 min ago", or the date when older than a week. */
export function formatAge(time: string, now: Date = new Date()): string {
  const seconds = (now.getTime() - new Date(time).getTime()) / 1000;
  if (seconds < 45) return t("just now");
  if (seconds < 3600) return t("{{minutes}} min ago", { minutes: Math.max(1, Math.round(seconds / 60)) });
  if (seconds < 86_400) return t("{{hours}} h ago", { hours: Math.round(seconds / 3600) });
  if (seconds < 7 * 86_400) return t("{{days}} d ago", { days: Math.round(seconds / 86_400) });
  return formatDate(time);
}
