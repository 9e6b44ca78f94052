import { useTranslation as useI18next } from "react-i18next";

import { currentLanguage, type Translate } from "./index";
import type { Language } from "./language";

/**
 * `t` for a component, which is drawn anew when the language changes. Everything that shows words, numbers or dates
 * calls it, also where another function makes the words.
 */
export function useTranslation(): { t: Translate; language: Language } {
  const { t } = useI18next();
  return { t: t as unknown as Translate, language: currentLanguage() };
}
