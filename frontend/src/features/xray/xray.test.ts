import { describe, expect, it } from "vitest";

import type { PlanReport, PlanStep, PlanTensor, StepView, XrayReport } from "@/api/types";

import { nextStep } from "./BoxChart";
import { fitted } from "./drawing";
import { flameBoxes } from "./flame";
import { formatSeconds } from "./format";
import { linked, pairSteps, readPlan, sumsOf } from "./model";
import { storiesOf } from "./stories";
import { arenaBoxes, boxAt, bytesAlive, heldUntil, peakStep } from "./timeline";

const tensor = (id: number, more: Partial<PlanTensor> = {}): PlanTensor => ({
  id, name: `t${id}`, shape: [4], dtype: "float32", bytes: 100, storage: "arena", first: 0, last: 0, offset: 0, shares: null, ...more,
});

const step = (at: number, phase: string, more: Partial<PlanStep> = {}): PlanStep => ({
  step: at, op: "dot", name: `s${at}`, phase, inputs: [], outputs: [at], flops: 1, bytes: 8, memory: "@0", runs: "rows", ...more,
});

const view = (nodes: string[], seconds: number, more: Partial<StepView> = {}): StepView => ({
  operator: "dot", calls: [], nodes, again: false, seconds, ...more,
});

/** fc+relu and loss forward, their gradients backward, and a sum that belongs to no forward step. */
function xray(): XrayReport {
  const plan: PlanReport = {
    device: "cpu(0)", reason: "", strategy: {}, boundary: 2, passes: [], text: "",
    steps: [step(0, "forward"), step(1, "forward"), step(2, "backward"), step(3, "backward"), step(4, "backward")],
    tensors: [
      tensor(0, { first: 0, last: 3, offset: 0 }),
      tensor(1, { first: 1, last: 2, offset: 100, bytes: 50 }),
      tensor(2, { first: 2, last: 4, offset: 100, bytes: 100 }),
      tensor(3, { first: 3, last: 4, offset: 0, shares: 0 }),
      tensor(4, { first: 4, last: 5, storage: "output", offset: null }),
    ],
    totals: { flops: 5, arena_bytes: 200, unshared_bytes: 350, peak_bytes: 200, input_bytes: 10 },
  };
  const views = [
    view(["fc", "relu"], 3e-6, { operator: "_dense_block", calls: ["FullyConnected", "Activation"] }),
    view(["loss"], 1e-6),
    view(["loss"], 1e-6),
    view(["relu", "fc"], 4e-6, { operator: "fused", calls: ["mul", "add"] }),
    view(["elsewhere"], 1e-6),
  ];
  return { plan, views, seconds: 1e-5 };
}

describe("a plan", () => {
  const plan = readPlan(xray(), null);

  it("links a forward step with its gradient steps, both ways and once", () => {
    expect([...linked(plan, 0)]).toEqual([0, 3]);
    expect([...linked(plan, 2)]).toEqual([2, 1]);
    expect([...linked(plan, 4)]).toEqual([4]);
    expect(linked(plan, null).size).toBe(0);
  });

  it("stands as pairs that hold every step once, what belongs to none at the end", () => {
    const pairs = pairSteps(plan);
    expect(pairs.map(({ forward, backward }) => [forward?.step ?? null, backward.map((one) => one.step)])).toEqual([
      [0, [3]],
      [1, [2]],
      [null, [4]],
    ]);
  });

  it("takes a measurement only if it has a time for every step", () => {
    const measured = { seconds: [1, 2, 3, 4, 5], whole: 9, runs: 3, native: true, device: "cpu(0)" };
    expect(sumsOf(readPlan(xray(), measured).steps).measured).toBe(15);
    expect(sumsOf(readPlan(xray(), { ...measured, seconds: [1] }).steps).measured).toBeNull();
  });

  it("tells what happened, the joining of calls before where they lie", () => {
    const [first, fused] = [plan.steps[0], plan.steps[3]];
    expect(first && storiesOf(first, plan).map(({ chapter }) => chapter)).toEqual(["06-plan", "07-memory", "08-kernels"]);
    expect(fused && storiesOf(fused, plan).map(({ text }) => text).join(" ")).toMatch(/mul → add.*gradient of relu, fc.*written over t0/);
  });
});

describe("the memory timeline", () => {
  const { plan } = xray();

  it("holds a piece until the last tensor that shares it is read", () => {
    expect(heldUntil(plan).get(0)).toBe(4);
  });

  it("draws the arena's own tensors as bars of their lives, its beginning below", () => {
    const boxes = arenaBoxes(plan);
    expect(boxes.map(({ key }) => key)).toEqual(["0", "1", "2"]);
    expect(boxes[0]).toMatchObject({ x: 0, width: 1, y: 0.5, height: 0.5 });
    expect(boxes[1]).toMatchObject({ x: 0.2, width: 0.4, y: 0.25, height: 0.25 });
  });

  it("never draws two tensors over each other", () => {
    const boxes = arenaBoxes({ ...plan, tensors: plan.tensors.map((one) => (one.id === 2 ? { ...one, first: 3 } : one)) });
    for (const a of boxes) {
      for (const b of boxes) {
        if (a === b) continue;
        const [wide, high] = [Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x), Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)];
        expect(wide > 1e-9 && high > 1e-9).toBe(false);
      }
    }
  });

  it("counts the bytes in use and finds the peak", () => {
    const alive = bytesAlive(plan);
    expect(alive).toEqual([100, 150, 250, 200, 200]);
    expect(peakStep(alive)).toBe(2);
    expect(peakStep([])).toBe(0);
  });

  it("finds the box under a point, a thin one nearby too", () => {
    const boxes = arenaBoxes(plan);
    expect(boxAt(boxes, 0.5, 0.9)?.key).toBe("0");
    expect(boxAt(boxes, 0.1, 0.1)).toBeNull();
    expect(boxAt(boxes, 0.19, 0.3, 0.02)?.key).toBe("1");
  });

  it("lays out 2,000 tensors at once", () => {
    const count = 2000;
    const many: PlanReport = {
      ...plan,
      steps: Array.from({ length: count }, (_, at) => step(at, "forward")),
      tensors: Array.from({ length: count }, (_, at) => tensor(at, { first: at, last: Math.min(at + 3, count - 1), offset: (at % 4) * 100 })),
      totals: { ...plan.totals, arena_bytes: 400 },
    };
    const began = performance.now();
    expect(arenaBoxes(many)).toHaveLength(count);
    expect(Math.max(...bytesAlive(many))).toBe(400);
    expect(performance.now() - began).toBeLessThan(250);
  });
});

describe("the flame chart", () => {
  const boxes = flameBoxes(readPlan(xray(), null).steps, "predicted");

  it("is as wide as the time, at every level", () => {
    const width = (level: string) => boxes.filter((box) => box.level === level).reduce((sum, box) => sum + box.width, 0);
    expect(width("all")).toBeCloseTo(1);
    expect(width("phase")).toBeCloseTo(1);
    expect(width("step")).toBeCloseTo(1);
    expect(boxes.find(({ key }) => key === "backward")).toMatchObject({ x: 0.4, width: 0.6 });
  });

  it("shows below a step what it took in", () => {
    const calls = boxes.filter(({ level, step: of }) => level === "call" && of?.step === 3);
    expect(calls.map(({ label }) => label)).toEqual(["mul", "add"]);
    expect(calls[1]?.x).toBeCloseTo(0.7);
    expect(calls[0]?.x).toBeCloseTo(0.5);
  });

  it("is empty without times", () => {
    expect(flameBoxes(readPlan(xray(), null).steps, "measured")).toEqual([]);
  });
});

it("times have units that fit", () => {
  expect([0, 1.234e-5, 0.00123, 2.5].map(formatSeconds)).toEqual(["0 µs", "12.3 µs", "1.23 ms", "2.5 s"]);
});

it("keys go from step to step and stay inside", () => {
  expect([nextStep("ArrowRight", null, 4), nextStep("ArrowRight", 4, 4), nextStep("Home", 3, 4), nextStep("PageUp", 3, 4)]).toEqual([0, 4, 0, 0]);
  expect(nextStep("Escape", 3, 4)).toBeNull();
  expect(nextStep("x", 3, 4)).toBeUndefined();
});

describe("a box's text", () => {
  const pen = { measureText: (text: string) => ({ width: 6 * text.length }) as TextMetrics };
  it.each([
    ["conv1", 40, "conv1"],
    ["pool1_backward", 60, "pool1_bac…"],
    ["pool1_backward", 18, "po…"],
    ["pool1_backward", 13, ""],
    ["", 5, ""],
  ])("%s in %i pixels is %s", (text, room, shown) => expect(fitted(pen, text, room)).toBe(shown));
});
