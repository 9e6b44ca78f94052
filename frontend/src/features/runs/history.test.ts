import { describe, expect, it } from "vitest";

import type { RunEvent, WireNumber } from "@/api/types";

import { RunHistory } from "./history";

let seq = 0;
type Body = RunEvent extends infer One ? (One extends RunEvent ? Pick<One, "type" | "data"> : never) : never;
const make = (body: Body): RunEvent => {
  seq += 1;
  return { seq, time: "2026-01-01T00:00:00Z", ...body };
};
const metrics = (step: number, values: Record<string, WireNumber>): RunEvent =>
  make({ type: "metrics", data: { step, epoch: step / 10, values } });

function curve(history: RunHistory, key: string): [number[], number[]] {
  const found = history.getSnapshot().curves.get(key);
  return [found?.step ?? [], found?.value ?? []];
}

describe("RunHistory", () => {
  it("grows curves and keeps the newest values", () => {
    const history = new RunHistory();
    history.apply([metrics(1, { train_loss: 2, lr: 0.1 }), metrics(2, { train_loss: 1 })]);
    history.apply([metrics(3, { train_loss: "NaN", val_loss: 1.5 })]);
    expect(curve(history, "train_loss")).toEqual([[1, 2, 3], [2, 1, Number.NaN]]);
    expect(history.getSnapshot().metrics).toEqual({ train_loss: Number.NaN, lr: 0.1, val_loss: 1.5 });
  });

  it("gives a new snapshot and new curves for each batch, so that views notice", () => {
    const history = new RunHistory();
    let calls = 0;
    history.subscribe(() => (calls += 1));
    history.apply([metrics(1, { train_loss: 2 })]);
    const first = history.getSnapshot();
    history.apply([metrics(2, { train_loss: 1 })]);
    expect(history.getSnapshot()).not.toBe(first);
    expect(history.getSnapshot().curves).not.toBe(first.curves);
    expect(calls).toBe(2);
  });

  it("starts from the server's envelope and joins the live points to it", () => {
    const history = new RunHistory();
    history.apply([metrics(90, { train_loss: 3 }), metrics(120, { train_loss: 1 })]);
    const envelope = { step: [0, 50, 100], min: [1, 1, 1], max: [5, "Infinity" as const, 3], last: [4, 3, 2], count: 3000 };
    history.setSeries({ series: { train_loss: envelope } });
    history.apply([metrics(100, { train_loss: 9 }), metrics(130, { train_loss: 0.5 })]);
    expect(curve(history, "train_loss")).toEqual([[0, 50, 100, 120, 130], [4, 3, 2, 1, 0.5]]);
    const whole = history.getSnapshot().curves.get("train_loss");
    expect(whole?.full).toBe(false);
    expect(whole?.max).toEqual([5, Infinity, 3, 1, 0.5]);
  });

  it("rewinds when training goes on from a checkpoint", () => {
    const history = new RunHistory();
    history.apply([10, 20, 30, 40].map((step) => metrics(step, { train_loss: step })));
    history.apply([
      make({ type: "state", data: { state: "running", reason: null, resumed_from_step: 20 } }),
      metrics(30, { train_loss: 31 }),
    ]);
    expect(curve(history, "train_loss")).toEqual([[10, 20, 30], [10, 20, 31]]);
    expect(history.getSnapshot().state).toBe("running");
  });

  it("collects log, checkpoints and the rest", () => {
    const history = new RunHistory();
    history.apply([
      make({ type: "log", data: { level: "warning", message: "hot" } }),
      make({ type: "checkpoint", data: { step: 5, epoch: 1, bytes: 10 } }),
      make({ type: "plan", data: { text: "1 dot", device: "cpu(0)", reason: "no GPU" } }),
      make({ type: "model", data: { name: "lenet", version: 3 } }),
    ]);
    const snapshot = history.getSnapshot();
    expect(snapshot.log.map((line) => line.message)).toEqual(["hot"]);
    expect(snapshot.checkpoints).toHaveLength(1);
    expect(snapshot.plan?.device).toBe("cpu(0)");
    expect(snapshot.model).toEqual({ name: "lenet", version: 3 });
    expect(snapshot.lastSeq).toBe(seq);
  });

  it("keeps what was made in order of steps, without what a checkpoint has superseded", () => {
    const made = (step: number, text: string): RunEvent =>
      make({ type: "samples", data: { step, epoch: step / 10, kind: "text", png: null, rows: null, columns: null, text } });
    const history = new RunHistory();
    const texts = () => history.getSnapshot().samples.map(({ step, text }) => `${step}${text ?? ""}`);
    history.apply([made(0, "a"), made(5, "b"), made(9, "c")]);
    history.apply([made(6, "d")]);
    expect(texts()).toEqual(["0a", "5b", "6d"]);
    const kept = { epoch: 0, kind: "text" as const, png: null, rows: null, columns: null };
    history.setSamples([{ ...kept, step: 0, text: "x" }, { ...kept, step: 3, text: "y" }, { ...kept, step: 6, text: "z" }]);
    expect(texts()).toEqual(["0a", "5b", "6d"]);
  });
});
