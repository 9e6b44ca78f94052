import { describe, expect, it } from "vitest";

import type { ColumnView } from "@/api/types";
import { t } from "@/i18n";

import { columnText, filterOf, toggle } from "./filter";

const number = { name: "size", kind: "number" } as ColumnView;
const words = { name: "colour", kind: "category" } as ColumnView;
const bar = { low: 1, high: 2, name: null, count: 4, classes: null };

describe("a filter", () => {
  it("is what a bar stands for", () => {
    expect(filterOf(number, bar)).toEqual({ column: "size", low: 1, high: 2 });
    expect(filterOf(words, { ...bar, name: "red" })).toEqual({ column: "colour", equals: "red" });
  });

  it("keeps label and text, and goes away when asked for again", () => {
    const part = filterOf(number, bar);
    const once = toggle({ label: "a", text: "x" }, part);
    expect(once).toEqual({ label: "a", text: "x", column: "size", low: 1, high: 2 });
    expect(toggle(once, part)).toEqual({ label: "a", text: "x" });
    expect(toggle(once, { column: "colour", equals: "red" })).toEqual({ label: "a", text: "x", column: "colour", equals: "red" });
  });

  it("can be said", () => {
    expect(columnText({}, t)).toBeNull();
    expect(columnText({ column: "size", low: 1 }, t)).toBe("size from 1 to ∞");
    expect(columnText({ column: "size", missing: true }, t)).toBe("size is missing");
    expect(columnText({ column: "colour", equals: "red" }, t)).toBe("colour is red");
  });
});
