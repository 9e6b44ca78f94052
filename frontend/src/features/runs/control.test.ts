import { describe, expect, it } from "vitest";

import type { Run, RunAdvice, RunChange, RunRelative } from "@/api/types";
import { t } from "@/i18n";

import { barWidths, pathOf } from "./advice/evidence";
import { sayText } from "./advice/say";
import { marksNear } from "./charts/eventMarks";
import { controlOf } from "./controlKeys";
import { layFamily } from "./lineage/family";
import { adviseSettings, currentSettings, liveProblem, settingsAt } from "./live";
import { marksOfRun } from "./marks";

const change = (name: RunChange["name"], before: number, after: number, step: number): RunChange => ({ name, before, after, step, epoch: 0 });
const plateau = {
  kind: "plateau",
  severity: "warning",
  layer: null,
  step: 30,
  title: "Nothing is being learned",
  values: { step: 30 },
} as unknown as RunAdvice;

const run = (more: object): Run =>
  ({
    settings: { optimizer: "adam", optimizer_params: { learning_rate: 0.1 }, batch_size: 32, scheduler: null },
    metrics: {},
    changes: [],
    advice: [],
    ...more,
  }) as unknown as Run;

describe("live settings", () => {
  const changed = run({ changes: [change("learning_rate", 0.1, 0.01, 5), change("batch_size", 32, 64, 9), change("weight_decay", 0, 0.001, 9)] });

  it("are those the run began with, and what was changed since", () => {
    expect(currentSettings(run({}))).toEqual({ learning_rate: 0.1, weight_decay: 0, batch_size: 32 });
    expect(currentSettings(changed)).toEqual({ learning_rate: 0.01, weight_decay: 0.001, batch_size: 64 });
    expect(currentSettings(run({ settings: { ...run({}).settings, scheduler: { name: "cosine", params: {} } }, metrics: { lr: 0.07 } })).learning_rate).toBe(0.07);
  });

  it("of a checkpoint are those that held there", () => {
    expect(settingsAt(changed, null)).toBe(changed.settings);
    expect(settingsAt(changed, 5)).toMatchObject({ optimizer_params: { learning_rate: 0.01 }, batch_size: 32 });
    expect(settingsAt(changed, 9)).toMatchObject({ optimizer_params: { learning_rate: 0.01, wd: 0.001 }, batch_size: 64 });
    expect(adviseSettings(changed.settings, { learning_rate: 0.2 })).toMatchObject({ optimizer_params: { learning_rate: 0.2 }, batch_size: 32 });
  });

  it("are refused where they cannot be", () => {
    expect(liveProblem("learning_rate", 0)).toBeNull();
    expect(liveProblem("batch_size", 64)).toBeNull();
    expect(["", -1, 1e9, Number.NaN].map((value) => liveProblem("learning_rate", value))).not.toContain(null);
    expect([0, 2.5, 70_000].map((value) => liveProblem("batch_size", value))).not.toContain(null);
  });
});

describe("marks", () => {
  it("are changes and advice in the order of their steps", () => {
    const marks = marksOfRun(run({ changes: [change("learning_rate", 0.1, 0.01, 50)], advice: [plateau] }), t);
    expect(marks).toEqual([
      { step: 30, kind: "warning", text: "Nothing is being learned" },
      { step: 50, kind: "change", text: "Learning rate 0.1 → 0.01" },
    ]);
    expect(marksNear(marks, 31, 800)).toEqual([marks[0]]);
    expect(marksNear(marks, 40, 80)).toEqual([]);
  });
});

describe("advice", () => {
  it("is said with its values, also where the page does not know the text", () => {
    expect(sayText("Many units of {{layer}} are dead", { values: { layer: "relu1" } }, t)).toBe("Many units of relu1 are dead");
    expect(sayText("A new text of {{layer}}, {{size}}", { values: { layer: "fc1", size: 0.123456 } }, t)).toBe("A new text of fc1, 0.123");
  });

  it("shows shares as they are and sizes by their logarithm", () => {
    expect(barWidths([0.25, 1], 0.5, false)).toEqual({ values: [25, 100], limit: 50 });
    const { values } = barWidths([1e-6, 1e-3, 0], null, true);
    expect(values[0]).toBeLessThan(values[1] ?? 0);
    expect(values[2]).toBe(0);
    expect(pathOf([[0, 1], [1, Number.NaN], [2, 3]], [[0, 1], [2, 3]], 100, 20)).toBe("M2.0 16.0L98.0 4.0");
  });
});

describe("keys", () => {
  const press = (code: string, more: object = {}) =>
    controlOf({ code, altKey: true, ctrlKey: false, metaKey: false, shiftKey: false, ...more });

  it("steer with Alt alone", () => {
    expect(press("KeyP")).toBe("play");
    expect(press("KeyN")).toBe("step");
    expect(press("KeyP", { altKey: false })).toBeNull();
    expect(press("KeyS", { ctrlKey: true })).toBeNull();
    expect(press("KeyQ")).toBeNull();
  });
});

describe("a family", () => {
  it("is laid as an indented list, under an ancestor that is gone too", () => {
    const one = (id: string, number: number, parent: string | null) => ({ id, number, parent }) as RunRelative;
    const laid = layFamily([one("b", 2, "a"), one("a", 1, null), one("d", 4, "a"), one("c", 3, "b"), one("z", 9, "gone")]);
    expect(laid.map(({ run: { id }, depth }) => `${depth}${id}`)).toEqual(["0a", "1b", "2c", "1d", "0z"]);
  });
});
