import { describe, expect, it } from "vitest";

import { isSame } from "./same";

describe("isSame", () => {
  it.each([
    [1, 1],
    [null, null],
    [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }],
    [[], []],
  ])("%j is %j", (a, b) => expect(isSame(a, b)).toBe(true));

  it.each([
    [1, "1"],
    [null, {}],
    [[], {}],
    [{}, []],
    [{ 0: 1 }, [1]],
    [[1, 2], [2, 1]],
    [[1], [1, 2]],
    [{ a: 1 }, { a: 1, b: undefined }],
    [{ a: undefined }, { b: undefined }],
  ])("%j is not %j", (a, b) => expect(isSame(a, b)).toBe(false));
});
