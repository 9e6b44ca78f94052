import { describe, expect, it } from "vitest";

import { placeholders, readDictionaries, readTexts } from "../test/texts";

const { texts, faults } = readTexts();
const chinese = readDictionaries("zh.json");
const english = readDictionaries("en.json");
const known = new Map(chinese.map((entry) => [entry.key, entry.value]));
const singular = new Set(english.map((entry) => entry.key));

describe("the page's texts", () => {
  it("are found in the sources", () => {
    expect(texts.length).toBeGreaterThan(50);
  });

  it("are literals, so that they can be translated", () => {
    expect(faults).toEqual([]);
  });

  it("have a Chinese text each: add what is missing to the zh.json of its folder", () => {
    expect(texts.filter(({ text }) => !known.has(text)).map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
  });

  it("have a singular in en.json where they count", () => {
    const counting = texts.filter(({ text }) => placeholders(text).includes("count"));
    expect(counting.filter(({ text }) => !singular.has(`${text}_one`)).map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
  });
});

describe("the dictionaries", () => {
  const used = new Set(texts.map(({ text }) => text));

  it("hold nothing that no source uses", () => {
    const stale = [...chinese.filter(({ key }) => !used.has(key)), ...english.filter(({ key }) => !used.has(key.replace(/_one$/, "")))];
    expect(stale.map(({ file, key }) => `${file}: ${key}`)).toEqual([]);
  });

  it("agree on the placeholders", () => {
    const wrong = [...chinese, ...english].filter(
      ({ key, value }) => placeholders(key).sort().join() !== placeholders(value).sort().join(),
    );
    expect(wrong.map(({ file, key }) => `${file}: ${key}`)).toEqual([]);
  });

  it("say one thing for one text", () => {
    expect(chinese.filter(({ key, value }) => known.get(key) !== value).map(({ file, key }) => `${file}: ${key}`)).toEqual([]);
  });

  it("are sorted, so that two people's additions rarely collide", () => {
    for (const file of new Set([...chinese, ...english].map((entry) => entry.file))) {
      const keys = [...chinese, ...english].filter((entry) => entry.file === file).map((entry) => entry.key);
      expect(keys, file).toEqual([...keys].sort());
    }
  });

  it("are Chinese, but for words that are the same in both languages", () => {
    const latin = chinese.filter(({ value }) => !/\p{Script=Han}/u.test(value));
    const words = latin.filter(({ key }) => /[a-z]/.test(key.replaceAll(/\{\{\w+\}\}/g, "")) && !international.has(key));
    expect(words.map(({ file, key }) => `${file}: ${key}`)).toEqual([]);
  });
});

/** Names and words that Chinese readers write in Latin letters too. */
const international = new Set(["Netwright", "Python", "JavaScript", "curl"]);
