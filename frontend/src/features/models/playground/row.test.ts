import { describe, expect, it } from "vitest";

import type { ColumnStats, DatasetField } from "@/api/types";

import { isComplete, rowOf, typicalRow } from "./row";

const fields: DatasetField[] = [
  { name: "age", kind: "number", categories: [], fill: null },
  { name: "sex", kind: "category", categories: ["f", "m"], fill: null },
  { name: "weight", kind: "number", categories: [], fill: 70 },
];
const stats: ColumnStats[] = [{ name: "age", min: 1, max: 90, mean: 41.23456, std: 5, missing: 0 }];

describe("row", () => {
  it("comes from a sample", () => {
    expect(rowOf([30, "m", null], fields)).toEqual([30, "m", null]);
    expect(rowOf([7.699999809265137, "m", 123456789], fields)).toEqual([7.7, "m", 123456789]);
    expect(rowOf([30], fields)).toEqual([30, "f", 0]);
  });

  it("is typical at the means", () => {
    expect(typicalRow(fields, stats)).toEqual([41.23, "f", 70]);
  });

  it("is complete when only what may be missing is", () => {
    expect(isComplete([30, "m", null], fields)).toBe(true);
    expect(isComplete([null, "m", 70], fields)).toBe(false);
  });
});
