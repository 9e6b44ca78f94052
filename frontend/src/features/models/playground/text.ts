import type { Nested } from "@/api/types";

const TOLD = 12;

/** A sample of a text data set: the text itself, or a row of it. */
export function textOf(sample: Nested): string {
  const first = Array.isArray(sample) ? sample[0] : sample;
  return typeof first === "string" ? first : "";
}

/** Characters of a text that the network knows nothing of, each once. */
export function unknownCharacters(text: string, known: string | null): string[] {
  if (known === null) return [];
  const alphabet = new Set(known);
  return [...new Set(text)].filter((letter) => !alphabet.has(letter)).slice(0, TOLD);
}
