import { screen } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { Boundary, ClassesQuality, Histogram, HistogramHistory, Picture, Plane, WeightCurve } from "@/api/types";
import { renderPage } from "@/test/render";

import { amountColor, classColor, palette, signedColor } from "./draw/colors";
import { outline, paintHistory, spreadOver } from "./draw/histogram";
import { paintBoundary, paintPicture } from "./draw/picture";
import { type Frame, nearestPoint } from "./draw/plane";
import { agreement } from "./film/Decisions";
import { nearestColumn, paintFlow, readFlow, seenColumns, vanishing } from "./film/flow";
import { Confusion } from "./quality/Confusion";

const encode = (bytes: number[]): string => btoa(String.fromCharCode(...bytes));
const brightness = ([r, g, b]: readonly number[]): number => 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
const pixel = (pixels: { width: number; data: Uint8ClampedArray }, x: number, y: number): number[] =>
  [...pixels.data.slice(4 * (y * pixels.width + x), 4 * (y * pixels.width + x) + 4)];

function histogram(change: Partial<Histogram> = {}): Histogram {
  return { low: 0, high: 4, counts: [1, 2, 3, 2], mean: 2, std: 1, zeros: 0, invalid: 0, norm: 5, size: 8, sampled: 8, ...change };
}

describe("colours", () => {
  it("grow brighter with the amount, so that the order needs no hue", () => {
    const steps = Array.from({ length: 11 }, (_, at) => brightness(amountColor(at / 10)));
    expect([...steps].sort((a, b) => a - b)).toEqual(steps);
  });

  it("have their ground in the middle of a scale with both signs", () => {
    expect(signedColor(0, "light")).toEqual([247, 247, 247]);
    expect(palette(-1, 1, "dark")[0]).toEqual([33, 102, 172]);
    expect(palette(0, 1, "dark")[0]).toEqual([0, 34, 78]);
    expect(classColor(13)).toEqual(classColor(3));
  });
});

describe("a picture", () => {
  const picture: Picture = { width: 4, height: 2, columns: 2, tiles: 2, of: 2, low: 0, high: 1, data: encode([0, 0, 255, 255, 0, 0, 255, 255]) };

  it("is painted with a see-through line between its tiles", () => {
    const pixels = paintPicture(picture, "light");
    expect([pixels.width, pixels.height]).toEqual([5, 2]);
    expect(pixel(pixels, 0, 0)).toEqual([0, 34, 78, 255]);
    expect(pixel(pixels, 2, 0)).toEqual([0, 0, 0, 0]);
    expect(pixel(pixels, 3, 0)).toEqual([254, 232, 56, 255]);
  });

  it("leaves the places of missing tiles empty", () => {
    const pixels = paintPicture({ ...picture, tiles: 1 }, "light");
    expect(pixel(pixels, 3, 0)[3]).toBe(0);
  });
});

describe("a boundary", () => {
  const boundary: Boundary = { size: 2, kind: "classes", low: 0, high: 1, winner: encode([0, 1, 0, 1]), strength: encode([255, 255, 255, 255]) };
  const plane: Plane = {
    kind: "inputs", names: ["x", "y"], x: [0, 2], y: [0, 2], explained: [0.5, 0.5], classes: ["a", "b"], label: null, rows: [0, 1, 2],
    points: [[0.5, 0.5, 0], [1.5, 0.5, 1], [1.5, 1.5, 0]],
  };

  it("has the highest row on top", () => {
    const upside = paintBoundary({ ...boundary, winner: encode([0, 0, 1, 1]) }, 2, "light");
    expect(pixel(upside, 0, 0)).not.toEqual(pixel(upside, 0, 1));
    expect(pixel(upside, 0, 1)[2]).toBeGreaterThan(pixel(upside, 0, 0)[2] ?? 0);
  });

  it("says how many samples lie on ground of their class", () => {
    expect(agreement(plane, boundary)).toBeCloseTo(2 / 3);
    expect(agreement(plane, { ...boundary, kind: "values" })).toBeNull();
  });

  it("finds the point under the mouse", () => {
    const frame: Frame = { width: 100, height: 100, x: [0, 2], y: [0, 2] };
    expect(nearestPoint(frame, [[0.5, 0.5, 0], [1.5, 1.5, 1]], 74, 26)).toBe(1);
    expect(nearestPoint(frame, [[0.5, 0.5, 0]], 90, 10)).toBe(-1);
  });
});

describe("histograms over time", () => {
  it("share their counts out over common bins and lose none", () => {
    const spread = spreadOver(histogram(), -2, 6, 16);
    expect(spread.reduce((sum, one) => sum + one, 0)).toBeCloseTo(8);
    expect(spread.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(spreadOver(histogram({ low: 1, high: 1, counts: [0, 0, 8, 0] }), 0, 4, 4)).toEqual([0, 8, 0, 0]);
  });

  it("are a column each", () => {
    const history: HistogramHistory = { name: "w", kind: "weight", steps: [0, 5], histograms: [histogram(), histogram({ low: 2, high: 8 })] };
    const pixels = paintHistory(history, 10, "light");
    expect([pixels.width, pixels.height]).toEqual([2, 10]);
    expect(pixel(pixels, 0, 0)).toEqual([238, 241, 243, 255]);
    expect(pixel(pixels, 1, 0)).not.toEqual([238, 241, 243, 255]);
  });

  it("are drawn as closed outlines", () => {
    expect(outline(histogram(), 40, 10)).toMatch(/^M0 10L0.00 6.67.*Z$/);
  });
});

describe("gradient flow", () => {
  const curve = (name: string, gradient: (number | null)[]): WeightCurve => ({ name, weight: gradient.map(() => 1), gradient, change: gradient });
  const flow = readFlow([curve("fc1_weight", [null, 1e-5, 1e-4]), curve("fc1_bias", [null, 1, 1]), curve("fc2_weight", [null, 1, 0.05])]);

  it("leaves biases out and skips snapshots without a gradient", () => {
    expect(flow.names).toEqual(["fc1_weight", "fc2_weight"]);
    expect(seenColumns(flow)).toEqual([1, 2]);
    expect(nearestColumn([1, 2], 0)).toBe(1);
    expect(nearestColumn([], 0)).toBeNull();
    expect(paintFlow(flow, [1, 2], "dark").data).toHaveLength(4 * 4);
  });

  it("names what vanishes on its way back", () => {
    expect(vanishing(flow, 1)).toBeCloseTo(1e5, -1);
    expect(vanishing(flow, 2)).toBeNull();
  });
});

describe("the confusion matrix", () => {
  const quality: ClassesQuality = {
    matrix: [[8, 2], [0, 5]],
    classes: [
      { index: 0, label: "cat", support: 10, predicted: 8, precision: 1, recall: 0.8, f1: 0.89 },
      { index: 1, label: "dog", support: 5, predicted: 7, precision: 0.71, recall: 1, f1: 0.83 },
    ],
    of: 2, accuracy: 13 / 15, macro_f1: 0.86, loss: 0.4, calibration: [],
  };
  const choose = vi.fn();
  beforeEach(() => {
    choose.mockReset();
    renderPage(<Confusion quality={quality} chosen={null} onChoose={choose} />);
  });

  it("opens a cell by its names; empty ones open nothing", () => {
    screen.getByRole("button", { name: "cat taken for dog: 2" }).click();
    expect(choose).toHaveBeenCalledWith({ actual: 0, predicted: 1 });
    expect(screen.getByRole("button", { name: "dog taken for cat: 0" }).hasAttribute("disabled")).toBe(true);
  });

  it("has headers for rows and columns", () => {
    expect(screen.getAllByRole("rowheader").map((cell) => cell.textContent)).toEqual(["cat", "dog"]);
    expect(screen.getAllByRole("columnheader")).toHaveLength(3);
  });
});
