import { describe, expect, it } from "vitest";

import type { DatasetField } from "@/api/types";

import { drawStroke, isSeries, rangeOf } from "./series";

const named = (...names: string[]): DatasetField[] => names.map((name) => ({ name, kind: "number", categories: [], fill: null }));
const counted = (prefix: string, count: number, from = 1): string[] => Array.from({ length: count }, (_, at) => `${prefix}${from + at}`);

describe("isSeries", () => {
  it("knows names that count on, up or down", () => {
    expect(isSeries(named(...counted("t", 12)))).toBe(true);
    expect(isSeries(named(...counted("lag ", 8, 0).reverse()))).toBe(true);
  });
  it("leaves other tables alone", () => {
    expect(isSeries(named(...counted("t", 7)))).toBe(false);
    expect(isSeries(named(...counted("t", 7), "u8"))).toBe(false);
    expect(isSeries(named(...counted("t", 7), "t9"))).toBe(false);
    expect(isSeries(named("a", "b", "c", "d", "e", "f", "g", "h"))).toBe(false);
    expect(isSeries(named(...counted("t", 8)).map((field, at) => (at === 2 ? { ...field, kind: "category" } : field)))).toBe(false);
  });
});

describe("drawing a series", () => {
  it("fills what a quick hand skipped", () => {
    expect(drawStroke([0, 0, 0, 0, 0], [1, 1], [3, 3])).toEqual([0, 1, 2, 3, 0]);
    expect(drawStroke([0, 0, 0], [2, 4], [0, 0])).toEqual([0, 2, 4]);
    expect(drawStroke([0, 0, 0], [1, 7], [1, 7])).toEqual([0, 7, 0]);
  });
  it("is between the ends of the data", () => {
    expect(rangeOf([], [])).toEqual({ low: -1, high: 1 });
    const { low, high } = rangeOf([{ name: "t1", min: 0, max: 10, mean: 5, std: 1, missing: 0 }], [12]);
    expect([low, high].map((end) => end.toFixed(2))).toEqual(["-0.60", "12.60"]);
  });
});
