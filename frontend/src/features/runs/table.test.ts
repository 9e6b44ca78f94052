import { describe, expect, it } from "vitest";

import type { RunSummary } from "@/api/types";

import { t } from "@/i18n";
import { toNumber } from "@/shared/format";

import { columnsOf, statisticOf } from "./columns";
import { percentOf, progressFacts } from "./facts";
import { legalMoves } from "./moves";
import { bestOf as bestAmong, rowsOf } from "./rows";
import { bestText, filterRuns, sortRuns } from "./table";

function runOf(number: number, change: Partial<RunSummary> = {}): RunSummary {
  return {
    id: `r${number}`,
    name: "MLP",
    number,
    project: null,
    state: "completed",
    state_reason: null,
    resumable: false,
    graph_name: "",
    sweep: null,
    dataset: "digits",
    settings: {
      optimizer: "adam",
      optimizer_params: {},
      scheduler: null,
      initializer: "xavier",
      batch_size: 64,
      epochs: 5,
      seed: 0,
      device: "auto",
      validation_split: 0.1,
      checkpoint_every_seconds: 30,
      look_inside: 0.02,
      task: null,
    },
    created_at: "2026-01-01T00:00:00Z",
    started_at: null,
    ended_at: null,
    epoch: 0,
    epochs: 5,
    step: 0,
    steps_total: 100,
    metrics: {},
    best: null,
    samples_per_second: null,
    seconds_left: null,
    device: null,
    device_reason: null,
    memory_bytes: null,
    changes: [],
    advice: [],
    origin: null,
    model: null,
    ranges: {},
    tags: [],
    notes: "",
    deleted_at: null,
    last_event: 0,
    ...change,
  };
}

const bestOf = (value: number): RunSummary["best"] => ({ metric: "val_accuracy", value, step: 1, epoch: 1 });
const numbers = (runs: RunSummary[]): number[] => runs.map((run) => run.number);

const best = (run: RunSummary): number | null => (run.best ? toNumber(run.best.value) : null);

describe("sortRuns", () => {
  const runs = [runOf(1, { best: bestOf(0.9) }), runOf(2), runOf(3, { best: bestOf(0.95) })];
  it("keeps runs without a value last, both ways", () => {
    expect(numbers(sortRuns(runs, best, true))).toEqual([3, 1, 2]);
    expect(numbers(sortRuns(runs, best, false))).toEqual([1, 3, 2]);
  });
  it("shows the newest first among equals", () => {
    expect(numbers(sortRuns(runs, (run) => run.dataset, false))).toEqual([3, 2, 1]);
  });
});

describe("columns", () => {
  const run = runOf(1, {
    metrics: { val_accuracy: 0.9, train_loss: "NaN" },
    ranges: { val_accuracy: [0.1, 0.95], train_loss: [0.2, 3] },
  });
  it("know which way a metric is better", () => {
    expect(["last", "best", "min", "max"].map((name) => statisticOf(run, "val_accuracy", name as "last"))).toEqual([0.9, 0.95, 0.1, 0.95]);
    expect(statisticOf(run, "train_loss", "best")).toBe(0.2);
    expect(statisticOf(run, "train_loss", "last")).toBeNaN();
    expect(statisticOf(run, "val_loss", "min")).toBeNull();
  });
  it("are four for each metric of any run, beside facts and settings", () => {
    const columns = columnsOf([run, runOf(2)], t);
    const shown = columns.find((column) => column.id === "val_accuracy:max");
    expect(shown?.title).toBe("Validation accuracy, greatest");
    expect(shown?.text(run)).toBe("0.95");
    expect(shown?.text(runOf(2))).toBe("–");
    expect(new Set(columns.map((column) => column.id)).size).toBe(columns.length);
  });
});

describe("filterRuns", () => {
  const runs = [runOf(1, { state: "running" }), runOf(2, { dataset: "iris" }), runOf(3, { state: "failed" })];
  it("wants every word and the kind of state", () => {
    expect(numbers(filterRuns(runs, "mlp iris", "all"))).toEqual([2]);
    expect(numbers(filterRuns(runs, "", "active"))).toEqual([1]);
    expect(numbers(filterRuns(runs, "", "completed"))).toEqual([2]);
    expect(numbers(filterRuns(runs, "#3", "other"))).toEqual([3]);
    expect(numbers(filterRuns([runOf(1), runOf(2, { tags: ["wide"], notes: "For the paper" })], "wide paper", "all"))).toEqual([2]);
  });
});

describe("rowsOf", () => {
  const trial = (number: number, change: Partial<RunSummary> = {}): RunSummary =>
    runOf(number, { sweep: { id: "s1", trial: number, state: "completed", rung: 0 }, ...change });
  const runs = [trial(4), runOf(3), trial(2), trial(1)];
  const shape = (open: string[], grouped = true): string[] =>
    rowsOf(runs, grouped, new Set(open)).map((row) => (row.kind === "sweep" ? `${row.id}:${row.runs.length}` : `${row.run.number}${row.inside ? "-" : ""}`));
  it("puts a sweep where its first run stands, and its runs below it where it is open", () => {
    expect(shape([])).toEqual(["s1:3", "3"]);
    expect(shape(["s1"])).toEqual(["s1:3", "4-", "2-", "1-", "3"]);
    expect(shape([], false)).toEqual(["4", "3", "2", "1"]);
  });
  it("finds the best of a sweep, the greatest accuracy or the least loss", () => {
    const loss = (value: number): RunSummary["best"] => ({ metric: "val_loss", value, step: 1, epoch: 1 });
    expect(bestAmong([trial(1), trial(2, { best: bestOf(0.8) }), trial(3, { best: bestOf(0.9) })])?.number).toBe(3);
    expect(bestAmong([trial(1, { best: loss(0.8) }), trial(2, { best: loss(0.9) })])?.number).toBe(1);
    expect(bestAmong([trial(1)])).toBeNull();
  });
});

describe("legalMoves", () => {
  it("offers to go on only with a checkpoint", () => {
    expect(legalMoves({ state: "running", resumable: false })).toEqual(["pause", "stop"]);
    expect(legalMoves({ state: "paused", resumable: false })).toEqual(["resume", "stop"]);
    expect(legalMoves({ state: "interrupted", resumable: true })).toEqual(["resume"]);
    expect(legalMoves({ state: "interrupted", resumable: false })).toEqual([]);
    expect(legalMoves({ state: "completed", resumable: true })).toEqual([]);
  });
});

describe("facts", () => {
  const progress = {
    step: 25,
    stepsTotal: 100,
    epoch: 1.25,
    epochs: 5,
    samplesPerSecond: 12_345,
    secondsLeft: 61,
    memoryBytes: 2048,
  };
  it("name the epoch that is under way", () => {
    expect(progressFacts(progress, "running").map((fact) => fact.value)).toEqual([
      "2 of 5",
      "25 of 100",
      "12.3K samples/s",
      "1 min 01 s",
      "2 KiB",
    ]);
    expect(progressFacts({ ...progress, epoch: 5 }, "completed")[0]?.value).toBe("5 of 5");
  });
  it("tell how much is done, by steps or else by epochs", () => {
    expect(percentOf(progress)).toBe(25);
    expect(percentOf({ ...progress, stepsTotal: null })).toBe(25);
    expect(percentOf({ ...progress, stepsTotal: 0 })).toBe(0);
  });
  it("name the best metric", () => {
    expect(bestText(runOf(1, { best: bestOf(0.97212) }))).toBe("Validation accuracy 0.9721");
  });
});
