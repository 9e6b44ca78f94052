import { describe, expect, it } from "vitest";

import { formatAge, formatBytes, formatCount, formatDuration, formatMetric, formatShape, toNumber } from "./format";

describe("format", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [7210, "7.2K"],
    [999_950, "1M"],
    [1_500_000_000, "1.5G"],
  ])("counts %d as %s", (value, text) => {
    expect(formatCount(value)).toBe(text);
  });

  it.each([
    [12, "12 B"],
    [28_840, "28.2 KiB"],
    [1_073_741_824, "1 GiB"],
  ])("bytes %d as %s", (value, text) => {
    expect(formatBytes(value)).toBe(text);
  });

  it.each([
    [0.85, "850 ms"],
    [12.2, "12 s"],
    [185, "3 min 05 s"],
    [7800, "2 h 10 min"],
    [Number.NaN, "–"],
  ])("%d seconds as %s", (value, text) => {
    expect(formatDuration(value)).toBe(text);
  });

  it("writes shapes compactly", () => {
    expect(formatShape([32, 20, 24, 24])).toBe("32×20×24×24");
    expect(formatShape([])).toBe("scalar");
  });

  it("reads and names numbers that JSON does not have", () => {
    expect(toNumber("-Infinity")).toBe(-Infinity);
    expect(formatMetric("NaN")).toBe("NaN");
    expect(formatMetric("-Infinity")).toBe("−∞");
    expect(formatMetric(0.123456)).toBe("0.1235");
    expect(formatMetric(0.00001)).toBe("1.00e-5");
  });

  it("tells ages from a given now", () => {
    const now = new Date("2026-01-31T12:00:00Z");
    expect(formatAge("2026-01-31T11:59:50Z", now)).toBe("just now");
    expect(formatAge("2026-01-31T11:57:00Z", now)).toBe("3 min ago");
    expect(formatAge("2026-01-30T12:00:00Z", now)).toBe("1 d ago");
  });
});
