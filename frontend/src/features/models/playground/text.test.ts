import { describe, expect, it } from "vitest";

import { textOf, unknownCharacters } from "./text";

describe("texts", () => {
  it("come from a sample, alone or in a row", () => {
    expect(textOf("It is")).toBe("It is");
    expect(textOf(["It is"])).toBe("It is");
    expect(textOf([1, 2])).toBe("");
  });
  it("may hold what the network never saw", () => {
    expect(unknownCharacters("a€b€ç", "ab ")).toEqual(["€", "ç"]);
    expect(unknownCharacters("anything", null)).toEqual([]);
  });
});
