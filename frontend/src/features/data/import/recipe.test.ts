import { describe, expect, it } from "vitest";

import type { ColumnChoice, ColumnProfile, Recipe } from "@/api/types";

import { lacking, remediesOf, setConstant, setKind, setRemedy, setSplit, withTarget } from "./recipe";

const column = (name: string, kind: ColumnChoice["kind"]): ColumnChoice => ({
  name,
  kind,
  missing: "drop",
  constant: null,
  order: "ymd",
});
const recipe = {
  columns: [column("size", "number"), column("kind", "target"), column("colour", "category")],
  target_as: "class",
  split: { by: "stratified", fraction: 0.2, seed: 1, column: null, test_values: [] },
} as unknown as Recipe;
const profiles = [
  { name: "size", kind: "number", class_like: false },
  { name: "kind", kind: "category", class_like: true },
  { name: "colour", kind: "category", class_like: true },
] as unknown as ColumnProfile[];
const kinds = (of: Recipe): string[] => of.columns.map(({ kind }) => kind);

describe("a recipe", () => {
  it("has one target, and the old one becomes what it looks like", () => {
    const next = setKind(recipe, profiles, "colour", "target");
    expect(kinds(next)).toEqual(["number", "category", "target"]);
    expect(next.columns[1]).toMatchObject({ missing: "constant", constant: "missing" });
    expect(next.split.by).toBe("stratified");
  });

  it("takes a target of many numbers for a value, which has no shares to keep", () => {
    const next = setKind(recipe, profiles, "size", "target");
    expect([next.target_as, next.split.by]).toEqual(["value", "random"]);
    expect(withTarget(next, "class").split.by).toBe("stratified");
  });

  it("splits by chance where nothing is to be predicted", () => {
    expect(setKind(recipe, profiles, "kind", "ignored").split.by).toBe("random");
  });

  it("fills gaps as its kind allows", () => {
    expect(remediesOf("category")).not.toContain("mean");
    expect(remediesOf("ignored")).toEqual([]);
    const next = setConstant(setRemedy(recipe, "size", "constant"), "size", "7");
    expect(next.columns[0]).toMatchObject({ missing: "constant", constant: "7" });
    expect(setRemedy(next, "size", "mean").columns[0]).toMatchObject({ missing: "mean", constant: null });
  });

  it("says what it lacks", () => {
    expect(lacking(recipe, "table", false)).toBeNull();
    const none = setKind(setKind(recipe, profiles, "size", "ignored"), profiles, "colour", "ignored");
    expect(lacking(none, "table", false)).toContain("at least one column");
    expect(lacking(setSplit(recipe, { by: "time" }), "table", false)).toContain("the split goes by");
    expect(lacking(setSplit(recipe, { by: "column", column: "size" }), "table", false)).toContain("values of the test part");
    expect(lacking(setSplit(recipe, { by: "file" }), "table", false)).toContain("file of the test part");
    expect(lacking(setSplit(recipe, { by: "file" }), "table", true)).toBeNull();
  });
});
