import { describe, expect, it } from "vitest";

import type { ColumnStats, DatasetField } from "@/api/types";

import { isComplete, isFarOut, readLine, rowOf, typicalRow } from "./row";

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

describe("a line of CSV", () => {
  it("is read by the columns it fills", () => {
    expect(readLine("30,m,71.5", fields)).toEqual({ row: [30, "m", 71.5] });
    expect(readLine(' 30 ; "m" ; ', fields)).toEqual({ row: [30, "m", null] });
    expect(readLine("30\tf\t1e2", fields)).toEqual({ row: [30, "f", 100] });
    const quoted: DatasetField[] = [{ name: "town", kind: "category", categories: ['a, "b"'], fill: null }];
    expect(readLine('"a, ""b"""', quoted)).toEqual({ row: ['a, "b"'] });
  });
  it("says what is wrong with it", () => {
    expect(readLine("30,m", fields)).toEqual({ problem: "3 values are wanted, the line has 2." });
    expect(readLine("30,x,1", fields)).toEqual({ problem: "sex has no “x”." });
    expect(readLine("old,m,1", fields)).toEqual({ problem: "age wants a number, not “old”." });
  });
});

describe("isFarOut", () => {
  it("knows what the data never had", () => {
    expect(isFarOut(91, stats[0])).toBe(true);
    expect(isFarOut(90, stats[0])).toBe(false);
    expect(isFarOut(null, stats[0])).toBe(false);
    expect(isFarOut(1000, undefined)).toBe(false);
  });
});
