import { describe, expect, it } from "vitest";

import type { DatasetInput } from "@/api/types";

import { flatten, fromRaw, hasDarkBackground, inkSquare, invert, type Picture, shrink, toRaw, wholeBox } from "./pixels";

const inputOf = (side: number, low: number, high: number): DatasetInput => ({
  kind: "image",
  shape: [1, side, side],
  dtype: "float32",
  columns: null,
  fields: null,
  low,
  high,
  characters: null,
});

/** "#" is ink. */
function pictureOf(...rows: string[]): Picture {
  const cells = rows.join("");
  return {
    width: rows[0]?.length ?? 0,
    height: rows.length,
    planes: [Float32Array.from(cells, (cell) => (cell === "#" ? 1 : 0))],
  };
}

describe("shrink", () => {
  it("averages areas, so that a thin line turns grey and does not vanish", () => {
    const small = shrink(pictureOf("#...", "#...", "#...", "#..."), { left: 0, top: 0, width: 4, height: 4 }, 2, 2);
    expect([...(small.planes[0] ?? [])]).toEqual([0.5, 0, 0.5, 0]);
  });

  it("keeps the amount of ink when sizes do not divide", () => {
    const picture = pictureOf("###", "###", "###");
    const small = shrink(picture, wholeBox(picture), 2, 2);
    for (const value of small.planes[0] ?? []) expect(value).toBeCloseTo(1);
  });

  it("counts what lies outside as nothing", () => {
    const small = shrink(pictureOf("##", "##"), { left: -1, top: -1, width: 4, height: 4 }, 2, 2);
    expect([...(small.planes[0] ?? [])]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });
});

describe("inkSquare", () => {
  it("is centred on the drawing", () => {
    const square = inkSquare(pictureOf("......", "...##.", "...##.", "...##.", "......", "......"));
    expect(square?.left).toBeCloseTo(4 - 1.56);
    expect(square?.top).toBeCloseTo(2.5 - 1.56);
    expect(square?.width).toBeCloseTo(3.12);
  });

  it("is nothing for an empty pad", () => {
    expect(inkSquare(pictureOf("...", "..."))).toBeNull();
  });
});

describe("raw values", () => {
  it("span the range of the data and come back", () => {
    const picture = pictureOf("#.", ".#");
    const raw = toRaw(picture, inputOf(2, 0, 16));
    expect(raw).toEqual([[[16, 0], [0, 16]]]);
    expect(fromRaw(raw, inputOf(2, 0, 16)).planes).toEqual(picture.planes);
    expect(toRaw(picture, inputOf(2, -1, 1))).toEqual([[[1, -1], [-1, 1]]]);
  });

  it("are flat in order, words for what JSON lacks included", () => {
    expect(flatten([[1, [2, "NaN"]], 3])).toEqual([1, 2, Number.NaN, 3]);
  });
});

describe("hasDarkBackground", () => {
  const sample = [[[0, 0, 0], [0, 9, 0], [0, 0, 0]]];
  it("looks at the border of a sample", () => {
    expect(hasDarkBackground(sample, inputOf(3, 0, 10))).toBe(true);
    const negative = toRaw(invert(fromRaw(sample, inputOf(3, 0, 10))), inputOf(3, 0, 10));
    expect(hasDarkBackground(negative, inputOf(3, 0, 10))).toBe(false);
  });
});
