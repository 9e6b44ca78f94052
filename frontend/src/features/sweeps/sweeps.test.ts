import { describe, expect, it } from "vitest";

import type { Knob, SweepParameter, SweepTrial, TrialValues } from "@/api/types";

import { axesOf, roundNumbers, SCORE, withinBrushes } from "./charts/axes";
import { bestSoFar, progressOf, rankTrials } from "./facts";
import { companionsFor, draftOf, methodOf, optionsOf, readRange, usualMethod } from "./form/draft";
import { parameterTitle, pathTitle, rangeText, valueText } from "./names";
import { sortTrials } from "./trialOrder";

const RATE = "settings.optimizer_params.learning_rate";

function trialOf(number: number, values: TrialValues, score: number | null, more: Partial<SweepTrial> = {}): SweepTrial {
  return {
    number,
    values,
    state: "completed",
    rung: 0,
    scores: score === null ? {} : { 0: score },
    score,
    epoch: 1,
    reason: null,
    problem: null,
    run: `r${number}`,
    run_number: number,
    seconds: 1,
    ...more,
  };
}

const knobOf = (name: string, rule: Knob["rule"], proposal: SweepParameter): Knob => ({
  path: proposal.path,
  section: "node",
  owner: "fc1",
  kind: "FullyConnected",
  name,
  rule,
  value: 32,
  proposal,
});
const units = knobOf("num_hidden", { type: "integer", minimum: 1, maximum: 1000, title: "Units" }, { kind: "integer", path: "nodes.fc1.num_hidden", low: 16, high: 64 });
const kernel = knobOf("kernel", { type: "array", items: { type: "integer" } }, { kind: "choice", path: "nodes.conv.kernel", values: [[3, 3], [5, 5]] });
const schedule = knobOf("scheduler", { enum: [null, { name: "cosine", params: {} }] }, { kind: "choice", path: "settings.scheduler", values: [null, { name: "cosine", params: {} }] });

describe("a range in the form", () => {
  it("begins as the server proposes it, and is read back the same", () => {
    for (const knob of [units, kernel, schedule]) {
      const { range, error } = readRange(draftOf(knob.proposal), knob);
      expect(error).toBeNull();
      expect(range).toMatchObject(knob.proposal);
    }
  });
  it("says what is wrong with it", () => {
    const draft = draftOf(units.proposal);
    expect(readRange({ ...draft, low: "1e" }, units).error).toBe("“1e” is not a number");
    expect(readRange({ ...draft, low: "70" }, units).error).toBe("The least value is above the greatest.");
    expect(readRange({ ...draft, low: "0" }, units).error).toBe("At least 1 is wanted.");
    expect(readRange({ ...draft, high: "5000" }, units).error).toBe("At most 1000 is possible.");
    expect(readRange({ ...draft, low: "1.5" }, units).error).toBe("“1.5” is not a whole number");
    expect(readRange({ ...draft, kind: "choice", values: [] }, units).error).toBe("Give at least one value.");
    expect(readRange({ ...draft, kind: "choice", values: ["8", "8.0"] }, units).error).toBe("Two of the values are the same.");
    const free = { ...units, rule: { type: "number" } };
    expect(readRange({ ...draft, low: "0", log: true }, free).error).toBe("A logarithmic range begins above 0.");
  });
  it("takes a list as one value, and choices by their names", () => {
    const draft = { ...draftOf(kernel.proposal), values: ["3×3", "7,7"] };
    expect(readRange(draft, kernel).range).toMatchObject({ values: [[3, 3], [7, 7]] });
    expect(optionsOf(schedule)).toHaveLength(2);
    expect(valueText(null)).toBe("none");
  });
  it("can drive further parameters of its type, within their limits too", () => {
    const at = (path: string, knob: Knob): Knob => ({ ...knob, path, owner: path.split(".")[1] ?? "", proposal: { ...knob.proposal, path } });
    const more = at("nodes.fc2.num_hidden", { ...units, rule: { ...units.rule, maximum: 50 } });
    const batch: Knob = { ...at("settings.batch_size", units), section: "settings", owner: "", name: "batch_size" };
    const rate = knobOf("p", { type: "number" }, { kind: "float", path: "nodes.drop.p", low: 0, high: 1 });
    const flag = knobOf("no_bias", { type: "boolean" }, { kind: "choice", path: "nodes.fc1.no_bias", values: [false, true] });
    const flags = at("nodes.fc2.no_bias", flag);
    const all = [batch, units, more, rate, flag, flags, kernel, schedule];
    expect(companionsFor(units, all)).toEqual([more, batch]);
    expect(companionsFor(flag, all)).toEqual([flags]);
    expect(companionsFor(rate, all)).toEqual([]);
    const draft = draftOf(units.proposal);
    expect(readRange({ ...draft, high: "48" }, units, [more]).range).toMatchObject({ high: 48, also: ["nodes.fc2.num_hidden"] });
    expect(readRange(draft, units, [more])).toEqual({ range: null, error: "fc2: Units: At most 50 is possible." });
    expect(readRange({ ...draft, low: "70" }, units, [more]).error).toBe("The least value is above the greatest.");
    const path = "nodes.fc1.num_hidden";
    expect(parameterTitle({ kind: "choice", path, also: ["nodes.fc2.num_hidden"], values: [1] })).toBe("fc1 num_hidden = fc2 num_hidden");
  });
  it("sends of a method only what belongs to it", () => {
    expect(methodOf(usualMethod)).toEqual({ kind: "grid" });
    expect(methodOf({ ...usualMethod, kind: "random" })).toEqual({ kind: "random", trials: 12 });
    expect(methodOf({ ...usualMethod, kind: "halving" })).toMatchObject({ first: 1, keep: 3, asynchronous: false });
  });
});

describe("names", () => {
  it("are what people call things", () => {
    expect(pathTitle(RATE)).toBe("Learning rate");
    expect(pathTitle("nodes.fc1.num_hidden")).toBe("fc1 num_hidden");
    expect(pathTitle("groups.block.repeat")).toBe("block, repeated");
    expect(rangeText({ kind: "float", path: RATE, low: 0.0001, high: 0.1, log: true })).toBe("0.0001 … 0.1, logarithmic");
    expect(valueText([3, 3])).toBe("3×3");
  });
});

describe("axes", () => {
  const parameters: SweepParameter[] = [
    { kind: "float", path: RATE, low: 0.001, high: 0.1, log: true },
    { kind: "choice", path: "settings.optimizer", values: ["sgd", "adam"] },
  ];
  const trials = [
    trialOf(0, { [RATE]: 0.001, "settings.optimizer": "sgd" }, 0.5),
    trialOf(1, { [RATE]: 0.01, "settings.optimizer": "adam" }, 0.9),
    trialOf(2, { [RATE]: 0.1, "settings.optimizer": "adam" }, null),
  ];
  const axes = axesOf({ parameters, metric: "val_accuracy" }, trials);
  const placesOf = (id: string): (number | null)[] => {
    const axis = axes.find((one) => one.id === id);
    return trials.map((trial) => axis?.placeOf(trial) ?? null);
  };
  it("put a power of ten at the same distance, choices in their order, and scores between the least and the greatest", () => {
    expect(placesOf(RATE).map((place) => place?.toFixed(2))).toEqual(["0.00", "0.50", "1.00"]);
    expect(placesOf("settings.optimizer")).toEqual([0, 1, 1]);
    expect(placesOf(SCORE)).toEqual([0, 1, null]);
    expect(axes[0]?.textAt(0.5)).toBe("0.01");
    expect(axes[1]?.textAt(0.7)).toBe("adam");
  });
  it("are marked at numbers that are easily read", () => {
    expect(roundNumbers(0.0001, 0.1, true)).toEqual([0.0001, 0.001, 0.01, 0.1]);
    expect(roundNumbers(8, 64, true)).toEqual([8, 16, 32, 64]);
    expect(roundNumbers(0.042, 0.972, false)).toEqual([0.2, 0.4, 0.6, 0.8]);
    expect(roundNumbers(0.5, 0.5, false)).toEqual([0.5]);
  });
  it("keep the trials that pass through every brushed part", () => {
    const within = (brushes: Record<string, [number, number]>): number[] => withinBrushes(trials, axes, brushes).map((trial) => trial.number);
    expect(within({})).toEqual([0, 1, 2]);
    expect(within({ [RATE]: [0.4, 1] })).toEqual([1, 2]);
    expect(within({ [RATE]: [0.4, 1], [SCORE]: [0.5, 1] })).toEqual([1]);
  });
});

describe("trials", () => {
  const trials = [
    trialOf(0, { a: 3 }, 0.99, { state: "early" }),
    trialOf(1, { a: 1 }, 0.8, { scores: { 0: 0.7, 1: 0.8 } }),
    trialOf(2, { a: 2 }, 0.9, { scores: { 0: 0.9, 1: 0.9 } }),
    trialOf(3, {}, null, { state: "refused" }),
  ];
  const numbers = (found: readonly SweepTrial[]): number[] => found.map((trial) => trial.number);
  it("are ranked by how far they came, then by their score", () => {
    expect(numbers(rankTrials(trials, "max"))).toEqual([2, 1, 0, 3]);
    expect(numbers(rankTrials(trials, "min"))).toEqual([1, 2, 0, 3]);
  });
  it("are sorted by any column, those without a value last", () => {
    expect(numbers(sortTrials(trials, { key: "a", descending: false }, "max"))).toEqual([1, 2, 0, 3]);
    expect(numbers(sortTrials(trials, { key: "a", descending: true }, "max"))).toEqual([0, 2, 1, 3]);
    expect(numbers(sortTrials(trials, { key: "rank", descending: true }, "max"))).toEqual([3, 0, 1, 2]);
  });
  it("make a staircase of those trained to the end", () => {
    expect(bestSoFar(trials, "max").map((point) => point.best)).toEqual([0.8, 0.9]);
    expect(bestSoFar(trials, "min").map((point) => point.best)).toEqual([0.8, 0.8]);
  });
  it("are counted", () => {
    expect(progressOf({ completed: 2, early: 1, waiting: 1 })).toEqual({ over: 3, all: 4, percent: 75 });
    expect(progressOf({}).percent).toBe(0);
  });
});
