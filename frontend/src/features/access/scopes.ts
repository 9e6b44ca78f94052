import type { KeyScope } from "@/api/types";
import { type Message, msg } from "@/i18n";

export const scopeNames: Record<KeyScope, Message> = {
  predict: msg("Ask models"),
  read: msg("Ask models and read everything"),
  full: msg("Everything but keys and links"),
};

export const scopeOrder = Object.keys(scopeNames) as KeyScope[];
