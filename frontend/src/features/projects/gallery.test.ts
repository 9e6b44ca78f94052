import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

import { describe, expect, it } from "vitest";

import type { Template } from "@/api/types";

import { findTemplates, pictureOf, textOf } from "./gallery";

// The tests run in the page's folder.
const folder = resolve("../framework/netwright/templates");
const templates = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(resolve(folder, name), "utf8")) as Template);
const ids = (found: readonly Template[]): string[] => found.map((one) => one.id).sort();

describe("gallery", () => {
  it("has a picture or a text of every template", () => {
    for (const { id } of templates) expect(pictureOf(id) ?? textOf(id), id).toBeTruthy();
  });

  it("finds by family, by words in either language, and by operator", () => {
    expect(ids(findTemplates(templates, "generation", ""))).toEqual(["gan-digits", "vae-digits"]);
    expect(ids(findTemplates(templates, null, "  Austen LSTM "))).toEqual(["lstm-text"]);
    expect(ids(findTemplates(templates, null, "判别器"))).toEqual(["gan-digits"]);
    expect(ids(findTemplates(templates, null, "multiheadattention"))).toEqual(["transformer-text"]);
    expect(findTemplates(templates, "regression", "austen")).toEqual([]);
    expect(findTemplates(templates, null, "")).toHaveLength(templates.length);
  });
});
