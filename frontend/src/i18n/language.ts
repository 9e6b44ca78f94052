export type Language = "en" | "zh";

/** Each language by its own name, as somebody who reads no other looks for it. */
export const languages: readonly { language: Language; name: string; tag: string }[] = [
  { language: "en", name: "English", tag: "en" },
  { language: "zh", name: "简体中文", tag: "zh-CN" },
];

const STORE = "netwright-language";

/** What was chosen here before, or else the first of the browser's languages that we speak. */
export function wantedLanguage(): Language {
  for (const tag of [readChoice(), ...navigator.languages]) {
    if (tag?.toLowerCase().startsWith("zh")) return "zh";
    if (tag?.toLowerCase().startsWith("en")) return "en";
  }
  return "en";
}

export function rememberLanguage(language: Language): void {
  try {
    window.localStorage.setItem(STORE, language);
  } catch (error) {
    // A browser that keeps nothing asks its own languages again next time.
    if (!(error instanceof DOMException)) throw error;
  }
}

function readChoice(): string | null {
  try {
    return window.localStorage.getItem(STORE);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
