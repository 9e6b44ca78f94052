import { expect, it } from "vitest";

import { sentences } from "./text";

it("joins parts as sentences, with one full stop each", () => {
  expect(sentences("num_hidden is 0", null, "Give it a number.")).toBe("Num_hidden is 0. Give it a number.");
  expect(sentences("why?", "", "because")).toBe("Why? Because.");
  expect(sentences(null)).toBe("");
});
