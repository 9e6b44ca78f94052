import { describe, expect, it } from "vitest";

import { keyTitle } from "@/shared/metric";

import { addPoint, type Curve, emptyCurve, valueAt } from "../curves";
import { alignCurves, mergeSteps } from "./align";
import { readout, writeCsv } from "./download";
import { type ChartCurve, groupCurves } from "./groups";
import { smooth } from "./smooth";
import { type Canvas, ticksOf, writeSvg } from "./svg";
import { withParent } from "./parent";
import { dashOf, type PlotColors } from "./theme";

function curveOf(key: string, points: [number, number][]): Curve {
  const curve = emptyCurve(key);
  for (const [step, value] of points) addPoint(curve, step, value);
  return curve;
}

const linear = { x: false, y: false };
const setOf = (...curves: Curve[]): Map<string, Curve> => new Map(curves.map((curve) => [curve.key, curve]));

describe("groupCurves", () => {
  it("puts training and validation of a metric into one chart, loss first and lr last", () => {
    const keys = ["lr", "test_loss", "val_accuracy", "val_loss", "train_loss", "train_accuracy", "val_mae"];
    const groups = groupCurves(setOf(...keys.map((key) => curveOf(key, [[1, 1]]))));
    expect(groups.map((group) => group.metric)).toEqual(["loss", "accuracy", "mae", "lr"]);
    expect(groups[0]?.curves.map((curve) => curve.label)).toEqual(["Training", "Validation", "Test"]);
    expect(["val_loss", "test_r2", "lr", "val_frechet"].map(keyTitle)).toEqual([
      "Validation loss",
      "Test R²",
      "Learning rate",
      "Validation Fréchet distance",
    ]);
    expect(groups[3]?.curves[0]?.label).toBe("Learning rate");
  });
});

describe("alignCurves", () => {
  const lossOf = (...curves: Curve[]): ChartCurve[] => groupCurves(setOf(...curves))[0]?.curves ?? [];
  const train = curveOf("train_loss", [[1, 4], [2, Number.NaN], [3, -1]]);
  const val = curveOf("val_loss", [[2, 5]]);

  it("shares one axis; no point is undefined, not a number is a hole", () => {
    const frame = alignCurves(lossOf(train, val), 0, linear);
    expect(frame.data).toEqual([[1, 2, 3], [4, null, -1], [undefined, 5, undefined]]);
    expect(frame.marks).toEqual([{ step: 2, role: "train", label: "Training", value: Number.NaN }]);
  });

  it("leaves out what a logarithm does not have", () => {
    expect(alignCurves(lossOf(train), 0, { x: false, y: true }).data[1]).toEqual([4, null, null]);
  });

  it("has no place for step 0 on a logarithmic axis", () => {
    const frame = alignCurves(lossOf(curveOf("train_loss", [[0, 4], [1, 3], [9, 2]])), 0, { x: true, y: false });
    expect(frame.data).toEqual([[1, 9], [3, 2]]);
  });

  it("keeps the raw line visible under the smooth one", () => {
    const frame = alignCurves(lossOf(curveOf("train_loss", [[1, 2], [2, 4]])), 0.5, linear);
    expect(frame.lines.map((line) => line.kind)).toEqual(["faint", "smooth"]);
    expect(frame.data[1]).toEqual([2, 4]);
    expect(frame.data[2]?.[1]).toBeCloseTo(10 / 3);
  });

  it("draws the envelope of buckets", () => {
    const thin: Curve = { key: "train_loss", step: [0, 10], value: [2, 3], min: [1, 2], max: [4, 5], full: false };
    const frame = alignCurves(lossOf(thin), 0, linear);
    expect(frame.lines.map((line) => line.kind)).toEqual(["max", "min", "raw"]);
    expect(frame.data.slice(1)).toEqual([[4, 5], [1, 2], [2, 3]]);
  });

  it("changes its signature with the lines and not with the points", () => {
    const points = (count: number): Curve => curveOf("train_loss", Array.from({ length: count }, (_, i) => [i, i]));
    const signature = (count: number, smoothing: number): string =>
      alignCurves(lossOf(points(count)), smoothing, linear).signature;
    expect(signature(100, 0)).toBe(signature(101, 0));
    expect(signature(100, 0)).not.toBe(signature(100, 0.5));
  });

  it("aligns four curves of 100,000 points in a blink", () => {
    const curves = ["a", "b", "c", "d"].map((key) => {
      const step = Array.from({ length: 100_000 }, (_, i) => i);
      return { key, role: "train" as const, label: key, step, value: step, min: step, max: step, full: true };
    });
    const begun = performance.now();
    const frame = alignCurves(curves, 0, linear);
    expect(frame.data[0]).toHaveLength(100_000);
    expect(performance.now() - begun).toBeLessThan(1000);
  });
});

describe("mergeSteps", () => {
  it("is the ascending union", () => {
    expect(mergeSteps([[1, 3, 5], [2, 3, 9], []])).toEqual([1, 2, 3, 5, 9]);
    expect(mergeSteps([])).toEqual([]);
  });
});

describe("smooth", () => {
  it("starts without bias, follows a constant, and steps over NaN", () => {
    expect(smooth([5, 5, 5], 0.9).map((value) => Number(value.toFixed(9)))).toEqual([5, 5, 5]);
    expect(smooth([1, Number.NaN, 1], 0.5)).toEqual([1, Number.NaN, 1]);
    expect(smooth([1, 2, 3], 0)).toEqual([1, 2, 3]);
  });
});

describe("writeSvg", () => {
  it("draws what is shown, with round ticks", () => {
    const group = { metric: "loss", title: "Loss < 1", curves: groupCurves(setOf(curveOf("train_loss", [[1, 4], [2, Number.NaN], [3, 2], [4, 1]])))[0]?.curves ?? [] };
    const plot = {
      width: 100, height: 80, bbox: { left: 10, top: 0, width: 90, height: 60 },
      scales: { x: { min: 1, max: 4 }, y: { min: 1, max: 4 } },
      valToPos: (value: number, axis: string) => (axis === "x" ? (value - 1) * 30 : 60 - (value - 1) * 20),
    } as unknown as Canvas;
    const colors = { lines: { train: "#010101" }, runs: [], text: "#222222", grid: "#eeeeee", paper: "#ffffff" } as unknown as PlotColors;
    const svg = writeSvg(group, alignCurves(group.curves, 0, linear), plot, linear, colors);
    expect(svg).toContain("Loss &lt; 1");
    expect(svg).toContain('<path d="M0 0" stroke="#010101"');
    expect(svg).toContain('<path d="M60 40L90 60" stroke="#010101"');
    expect(ticksOf(0, 1, false, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticksOf(0.02, 300, true, 5)).toEqual([0.1, 1, 10, 100]);
  });
});

describe("values", () => {
  const train = curveOf("train_loss", [[1, 4], [2, 3]]);
  const val = curveOf("val_loss", [[2, 5]]);

  it("are read at the step or before it, and at the end without one", () => {
    expect(valueAt(train, 0)).toBeNull();
    expect(valueAt(train, 1.5)).toBe(4);
    expect(readout([train, val], 1)).toEqual([4, null]);
    expect(readout([train, val], null)).toEqual([3, 5]);
  });

  it("leave as CSV with empty cells where a curve has no point", () => {
    expect(writeCsv([train, val])).toBe("step,train_loss,val_loss\n1,4,\n2,3,5\n");
  });
});

describe("withParent", () => {
  const parent = { title: "Run 1", curves: setOf(curveOf("train_loss", [[1, 9], [2, Number.NaN]]), curveOf("val_mae", [[1, 1]])) };
  const groups = withParent(groupCurves(setOf(curveOf("train_loss", [[3, 4]]), curveOf("lr", [[3, 1]]))), parent);

  it("lays the parent's curves of the same metric behind the run's own", () => {
    expect(groups.map((group) => group.metric)).toEqual(["loss", "lr"]);
    expect(groups[0]?.curves.map(({ key, label, ghost }) => [key, label, ghost])).toEqual([
      ["train_loss", "Training", undefined],
      ["parent:train_loss", "Run 1, Training", true],
    ]);
    expect(withParent(groups, null)).toEqual(groups);
  });

  it("draws them dotted, on the same steps, without marks of their own", () => {
    const frame = alignCurves(groups[0]?.curves ?? [], 0.5, linear);
    expect(frame.data[0]).toEqual([1, 2, 3]);
    expect(frame.lines.map(({ kind }) => kind)).toEqual(["faint", "smooth", "ghost"]);
    expect(frame.marks).toEqual([]);
    expect(frame.lines.map(dashOf)).toEqual([[], [], [2, 3]]);
  });
});
