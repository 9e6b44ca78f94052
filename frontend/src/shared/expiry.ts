import { type Message, msg } from "@/i18n";

const DAY_MS = 86_400_000;

/** How long keys and links last, in days; 0: until they are revoked. */
export const lifetimes: { days: number; label: Message }[] = [
  { days: 1, label: msg("One day") },
  { days: 7, label: msg("One week") },
  { days: 30, label: msg("30 days") },
  { days: 365, label: msg("One year") },
  { days: 0, label: msg("Until it is revoked") },
];

/** The moment so many days from now, as the server reads it; null for never. */
export const expiryOf = (days: number, now: Date = new Date()): string | null =>
  days === 0 ? null : new Date(now.getTime() + days * DAY_MS).toISOString();
