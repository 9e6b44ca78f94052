import { useSyncExternalStore } from "react";

import { onLanguageChange, type Spoken, spoken } from "./index";

/**
 * `t` for a component, which is drawn anew when the language changes. Everything that shows words, numbers or dates
 * calls it, also where another function makes the words. `t` is another function in each language.
 */
export function useTranslation(): Spoken {
  return useSyncExternalStore(onLanguageChange, spoken);
}
