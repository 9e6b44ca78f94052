import { describe, expect, it } from "vitest";

import type { Picture, SaliencyMap } from "@/api/types";

import { paintHeat, shareColor } from "./heat";
import { heaviest, sharesOf, sizeOf } from "./methods";

const map: SaliencyMap = {
  method: "occlusion",
  signed: true,
  picture: null,
  shares: [{ name: "a", value: 1 }, { name: "b", value: -3 }, { name: "c", value: 0 }, { name: "d", value: "NaN" }],
  total: -2,
};

describe("shares", () => {
  it("are told by weight, those of nothing left out", () => {
    const shares = sharesOf(map);
    expect(heaviest(shares.slice(0, 3), 5).map(({ name, at }) => [name, at])).toEqual([["b", 1], ["a", 0]]);
    expect(sizeOf(shares.slice(0, 3))).toBe(3);
    expect(sizeOf([])).toBe(1);
  });
  it("have a colour by their sign and strength", () => {
    expect(shareColor(1, true, 0.5)).toBe("rgb(230 97 1 / 50%)");
    expect(shareColor(-1, true, 2)).toBe("rgb(38 110 200 / 100%)");
    expect(shareColor(-1, false, 0.25)).toBe("rgb(230 97 1 / 25%)");
  });
});

describe("heat", () => {
  const picture = (low: number, high: number, bytes: number[]): Picture => ({
    width: bytes.length,
    height: 1,
    columns: 1,
    tiles: 1,
    of: 1,
    low,
    high,
    data: btoa(String.fromCharCode(...bytes)),
  });
  it("covers what weighs and leaves the rest clear", () => {
    const { data } = paintHeat(picture(-2, 2, [0, 128, 255]), true, "light");
    expect([...data.slice(0, 3)]).toEqual([38, 110, 200]);
    expect(data[7]).toBe(0);
    expect([...data.slice(8, 11)]).toEqual([230, 97, 1]);
    expect(data[11]).toBeGreaterThan(200);
  });
  it("of sizes alone grows with them", () => {
    const { data } = paintHeat(picture(0, 5, [40, 255]), false, "light");
    expect(data[3]).toBeLessThan(data[7] ?? 0);
  });
});
