/**
 * The page's words in English and Chinese. The English text is the key; `zh.json` beside the code that uses it holds
 * the Chinese, and `en.json` the singular of what counts. Components
 * take `t` from `@/i18n/react`, everything else from here.
 */
import i18next from "i18next";

import { type Language, rememberLanguage, wantedLanguage } from "./language";

/** A text that is translated where it is shown: for tables of words outside components, made by `msg`. */
export type Message = string & { readonly isMessage: true };

/** The names between double braces in a text. */
type Placeholders<Text extends string> = Text extends `${string}{{${infer Name}}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

export type Values = Readonly<Record<string, string | number>>;

type Given<Text extends string> = Text extends Message
  ? [values?: Values]
  : [Placeholders<Text>] extends [never]
    ? []
    : [values: Readonly<Record<Placeholders<Text>, string | number>>];

/** A text known when the page is built. A `string` that may be anything is refused: it would stay untranslated. */
type Known<Text extends string> = Text & (string extends Text ? Message : unknown);

export type Translate = <Text extends string>(text: Known<Text>, ...values: Given<Text>) => string;

const singulars = import.meta.glob<Record<string, string>>("../**/en.json", { eager: true, import: "default" });

/** i18next's own types read the text once more, for what `Translate` has said already. */
const translate = i18next.t as unknown as (text: string, values: Values | undefined) => string;

void i18next.init({
  lng: "en",
  fallbackLng: "en",
  resources: { en: { translation: Object.assign({}, ...Object.values(singulars)) as Record<string, string> } },
  // Whole sentences are the keys, and React writes nothing unescaped.
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false },
  initAsync: false,
});

/** The text in the language of the page. Components take `t` from `useTranslation`, so that a switch draws them anew. */
export const t: Translate = (text, ...values) => translate(text, values[0]);

/** Marks a text for the dictionaries without translating it yet; `t` does that where it is shown. */
export function msg(text: string): Message {
  return text as Message;
}

export function currentLanguage(): Language {
  return i18next.language === "zh" ? "zh" : "en";
}

/** The words of the page, and which they are. */
export interface Spoken {
  readonly t: Translate;
  readonly language: Language;
}

const speak = (language: Language): Spoken => ({ t: (text, ...values) => translate(text, values[0]), language });

const languages: Readonly<Record<Language, Spoken>> = { en: speak("en"), zh: speak("zh") };

/** The same object as long as the language is the same. */
export function spoken(): Spoken {
  return languages[currentLanguage()];
}

/** The tag for dates, numbers and `<html lang>`. */
export function languageTag(): string {
  return currentLanguage() === "zh" ? "zh-CN" : "en";
}

async function show(language: Language): Promise<void> {
  if (language === "zh" && !i18next.hasResourceBundle("zh", "translation")) {
    const { chinese } = await import("./chinese");
    i18next.addResourceBundle("zh", "translation", chinese);
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = languageTag();
}

/** Shows the page in the language chosen before, or else the browser's; to be awaited before anything is drawn. */
export function startLanguage(): Promise<void> {
  return show(wantedLanguage());
}

/** Switches the page, and remembers it. */
export async function chooseLanguage(language: Language): Promise<void> {
  rememberLanguage(language);
  await show(language);
}

/** Calls `listener` after each switch. */
export function onLanguageChange(listener: () => void): () => void {
  i18next.on("languageChanged", listener);
  return () => i18next.off("languageChanged", listener);
}
