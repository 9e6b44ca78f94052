import { describe, expect, it } from "vitest";

import type { Graph, GraphNode, Run } from "@/api/types";

import { compareUrl, MOST_COMPARED, readIds } from "./address";
import { overlay } from "./curves";
import { diffGraphs } from "./graphs";
import { settingRowsOf } from "./settings";

const node = (id: string, op: string, params: GraphNode["params"], data?: string): GraphNode =>
  ({ id, op, params, inputs: data === undefined ? {} : { data } });
const graphOf = (...nodes: GraphNode[]): Graph => ({ format: "netwright-graph", version: 1, nodes, outputs: [], layout: {}, groups: [] });

describe("diffGraphs", () => {
  const base = graphOf(node("data", "Input", {}), node("fc1", "FullyConnected", { num_hidden: 64 }, "data"), node("act", "Activation", {}, "fc1"));

  it("finds nothing between equals", () => {
    expect(diffGraphs(base, structuredClone(base))).toEqual([]);
  });

  it("tells changed, added and removed nodes, and new ways", () => {
    const other = graphOf(
      node("data", "Input", {}),
      node("fc1", "FullyConnected", { num_hidden: 128 }, "data"),
      node("drop", "Dropout", { p: 0.5 }, "fc1"),
    );
    const longer = graphOf(...other.nodes, node("act", "Activation", {}, "drop"));
    expect(diffGraphs(base, other).map(({ id, kind }) => [id, kind])).toEqual([["fc1", "changed"], ["act", "removed"], ["drop", "added"]]);
    expect(diffGraphs(base, longer)).toEqual([
      { id: "fc1", op: "FullyConnected", kind: "changed", details: [{ what: "num_hidden", before: "64", after: "128" }] },
      { id: "act", op: "Activation", kind: "changed", details: [{ what: "→ data", before: "fc1", after: "drop" }] },
      { id: "drop", op: "Dropout", kind: "added", details: [{ what: "p", before: null, after: "0.5" }] },
    ]);
  });

  it("knows a renamed node again, and what hangs on it", () => {
    const other = graphOf(node("data", "Input", {}), node("dense", "FullyConnected", { num_hidden: 64 }, "data"), node("act", "Activation", {}, "dense"));
    expect(diffGraphs(base, other)).toEqual([
      { id: "fc1", op: "FullyConnected", kind: "renamed", details: [{ what: "name", before: "fc1", after: "dense" }] },
    ]);
  });
});

describe("settingRowsOf", () => {
  it("lays parameters side by side and says which differ", () => {
    const run = (settings: object): Run => ({ dataset: "digits", settings }) as Run;
    const rows = settingRowsOf([
      run({ optimizer: "adam", optimizer_params: { learning_rate: 0.01 }, scheduler: null }),
      run({ optimizer: "adam", optimizer_params: { learning_rate: 0.1, wd: 0 }, scheduler: { name: "cosine", params: { max_update: 9 } } }),
    ]);
    expect(rows.filter((row) => row.differs).map(({ name, values }) => [name, ...values])).toEqual([
      ["Learning rate", "0.01", "0.1"],
      ["Weight decay", null, "0"],
      ["Schedule", null, "cosine"],
      ["Schedule: Max update", null, "9"],
    ]);
    expect(rows.find((row) => row.name === "Optimizer")?.differs).toBe(false);
  });
});

describe("overlay", () => {
  it("makes a chart of each metric with all runs in it", () => {
    const envelope = (last: number[]) => ({ step: last.map((_, i) => i + 1), min: last, max: last, last, count: last.length });
    const run = (id: string, number: number): Run => ({ id, number, name: `Run ${number}` }) as Run;
    const groups = overlay([
      { run: run("a", 1), tint: 0, series: { train_loss: envelope([2, 1]), val_loss: envelope([3]) } },
      { run: run("b", 2), tint: 1, series: { train_loss: envelope([4]), lr: envelope([0.1]) } },
    ]);
    expect(groups.map((group) => [group.metric, group.curves.map((curve) => [curve.key, curve.label, curve.tint])])).toEqual([
      ["loss", [["a:train_loss", "Run 1, Training", 0], ["b:train_loss", "Run 2, Training", 1], ["a:val_loss", "Run 1, Validation", 0]]],
      ["lr", [["b:lr", "Run 2", 1]]],
    ]);
  });
});

describe("the address", () => {
  it("names the runs once each, and not too many", () => {
    expect(readIds(compareUrl(["a", "b"]).split("?")[1] ?? "")).toEqual(["a", "b"]);
    expect(readIds("runs=a,a,,b")).toEqual(["a", "b"]);
    expect(readIds("")).toEqual([]);
    expect(readIds(`runs=${Array.from({ length: 20 }, (_, i) => `r${i}`).join(",")}`)).toHaveLength(MOST_COMPARED);
  });
});
