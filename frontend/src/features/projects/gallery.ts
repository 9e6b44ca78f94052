import type { Template } from "@/api/types";
import { currentLanguage, type Message, msg } from "@/i18n";

import texts from "./pictures/texts.json";

export type Family = Template["family"];

/** In the order of the gallery's filter. */
export const families: Record<Family, Message> = {
  classification: msg("Classification"),
  regression: msg("Regression"),
  reconstruction: msg("Reconstruction"),
  clustering: msg("Clustering"),
  generation: msg("Generation"),
  sequence: msg("Sequences"),
};

export const familyColours: Record<Family, string> = {
  classification: "sea",
  regression: "orange",
  reconstruction: "violet",
  clustering: "teal",
  generation: "pink",
  sequence: "indigo",
};

const files = import.meta.glob<string>("./pictures/*.png", { eager: true, query: "?url", import: "default" });

/** What a template's data look like, or what comes of it once trained: a see-through picture. */
export const pictureOf = (id: string): string | undefined => files[`./pictures/${id}.png`];

/** What a trained network of texts has written. */
export const textOf = (id: string): string | undefined => (texts as Record<string, string>)[id];

/** Title, summary and expectation in the language of the page. */
export function wordsOf(template: Template): { title: string; summary: string; expected: string } {
  return (currentLanguage() === "zh" ? template.zh : null) ?? template;
}

/** The templates of a family (all for null) in which every word of the search occurs, in either language. */
export function findTemplates(templates: readonly Template[], family: Family | null, search: string): Template[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return templates.filter((template) => {
    if (family !== null && template.family !== family) return false;
    const { id, title, summary, dataset, expected, zh } = template;
    const operators = template.graph.nodes.map((node) => node.op);
    const all = [id, title, summary, dataset, expected, template.family, zh?.title, zh?.summary, ...operators];
    const text = all.join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
