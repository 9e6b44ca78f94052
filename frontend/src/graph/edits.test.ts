import { describe, expect, it } from "vitest";

import type { Graph } from "@/api/types";
import { graphOf, node, perceptron } from "@/test/fixtures";

import { applyEdit, applyEdits, EditError, type GraphEdit } from "./edits";
import { findNode } from "./model";

/** Every kind of edit, once: each must leave the graph it was given untouched. */
const samples: GraphEdit[] = [
  { type: "set-params", id: "fc1", params: { num_hidden: 99 } },
  { type: "unset-params", id: "fc1", names: ["num_hidden"] },
  { type: "add-node", node: node("act2", "Activation", "fc2"), position: null },
  { type: "remove-node", id: "act1" },
  { type: "connect", from: "fc1", to: "softmax", port: "data" },
  { type: "disconnect", to: "fc2", port: "data" },
  { type: "set-outputs", outputs: ["fc2"] },
  { type: "move-nodes", positions: { fc1: [5.4, 6.6] } },
  { type: "rename-node", id: "fc1", to: "hidden" },
  { type: "set-name", name: "Other" },
];

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

const inputsOf = (graph: Graph, id: string) => findNode(graph, id)?.inputs;

describe("applyEdit", () => {
  it.each(samples)("$type changes a copy and never the graph itself", (edit) => {
    const before = deepFreeze(perceptron());
    const after = applyEdit(before, edit);
    expect(after).not.toEqual(before);
    expect(before).toEqual(perceptron());
  });

  it("shares the nodes it does not touch", () => {
    const before = perceptron();
    const after = applyEdit(before, { type: "set-params", id: "fc1", params: { num_hidden: 7 } });
    expect(findNode(after, "fc2")).toBe(findNode(before, "fc2"));
    expect(findNode(after, "fc1")?.params).toEqual({ num_hidden: 7 });
  });

  it("merges parameters and takes them away by name", () => {
    let graph = applyEdit(perceptron(), { type: "set-params", id: "fc1", params: { no_bias: true } });
    expect(findNode(graph, "fc1")?.params).toEqual({ num_hidden: 32, no_bias: true });
    graph = applyEdit(graph, { type: "unset-params", id: "fc1", names: ["num_hidden"] });
    expect(findNode(graph, "fc1")?.params).toEqual({ no_bias: true });
  });

  it("removes a node with everything that refers to it", () => {
    const before = graphOf(
      [node("a", "Input"), node("s", "split", "a"), node("c", "Concat", { arg0: "s:second", arg1: "a" })],
      ["c", "s:first"],
    );
    const after = applyEdit(before, { type: "remove-node", id: "s" });
    expect(inputsOf(after, "c")).toEqual({ arg1: "a" });
    expect(after.outputs).toEqual(["c"]);
    expect(after.layout).not.toHaveProperty("s");
  });

  it("renames in references, outputs and layout, keeping output names", () => {
    const before = graphOf([node("s", "split"), node("c", "Concat", { arg0: "s:second" })], ["s:first"]);
    const after = applyEdit(before, { type: "rename-node", id: "s", to: "halves" });
    expect(inputsOf(after, "c")).toEqual({ arg0: "halves:second" });
    expect(after.outputs).toEqual(["halves:first"]);
    expect(after.layout["halves"]).toEqual([0, 0]);
  });

  it("puts an inserted node between, and moves what follows down", () => {
    const before = perceptron();
    const after = applyEdits(before, [
      { type: "add-node", node: node("f", "Flatten"), position: null },
      { type: "connect", from: "fc1", to: "f", port: "data" },
      { type: "connect", from: "f", to: "act1", port: "data" },
    ]);
    const height = (id: string) => after.layout[id]?.[1] ?? Number.NaN;
    expect(height("f")).toBeGreaterThan(height("fc1"));
    expect(height("act1")).toBeGreaterThanOrEqual(height("f") + 58);
    expect(height("softmax") - height("act1")).toBe(200);
    expect(after.layout["fc1"]).toEqual(before.layout["fc1"]);
  });

  it.each<[string, GraphEdit]>([
    ["a name that is taken", { type: "add-node", node: node("fc1", "Flatten"), position: null }],
    ["a bad name", { type: "add-node", node: node("1 2", "Flatten"), position: null }],
    ["a node that is gone", { type: "set-params", id: "gone", params: {} }],
    ["a source that is gone", { type: "connect", from: "gone", to: "fc1", port: "data" }],
    ["renaming to a taken name", { type: "rename-node", id: "fc1", to: "fc2" }],
    ["removing what is gone", { type: "remove-node", id: "gone" }],
  ])("refuses %s", (_what, edit) => {
    expect(() => applyEdit(perceptron(), edit)).toThrow(EditError);
  });
});

describe("applyEdits keeps the outputs at the ends", () => {
  it("moves the output along as the chain grows", () => {
    const after = applyEdits(graphOf([node("data", "Input"), node("fc1", "FullyConnected", "data")], ["fc1"]), [
      { type: "add-node", node: node("softmax", "SoftmaxOutput", "fc1"), position: null },
    ]);
    expect(after.outputs).toEqual(["softmax"]);
  });

  it("does not make an output of a node that reads nothing yet", () => {
    const after = applyEdits(perceptron(), [{ type: "add-node", node: node("act2", "Activation"), position: null }]);
    expect(after.outputs).toEqual(["softmax"]);
  });

  it("gives the output back when the end is removed", () => {
    const after = applyEdits(perceptron(), [{ type: "remove-node", id: "softmax" }]);
    expect(after.outputs).toEqual(["fc2"]);
  });

  it("leaves alone what was chosen by hand", () => {
    const shown = applyEdits(perceptron(), [{ type: "set-outputs", outputs: ["softmax", "act1"] }]);
    const after = applyEdits(shown, [{ type: "set-params", id: "fc1", params: { num_hidden: 3 } }]);
    expect(after.outputs).toEqual(["softmax", "act1"]);
  });

  it("neither loses nor doubles an output that is renamed", () => {
    const after = applyEdits(perceptron(), [{ type: "rename-node", id: "softmax", to: "head" }]);
    expect(after.outputs).toEqual(["head"]);
  });

  it("a fix of several edits is one action", () => {
    const after = applyEdits(perceptron(), [
      { type: "add-node", node: node("flatten", "Flatten", "data"), position: null },
      { type: "connect", from: "flatten", to: "fc1", port: "data" },
    ]);
    expect(inputsOf(after, "fc1")).toEqual({ data: "flatten" });
    expect(after.outputs).toEqual(["softmax"]);
  });
});
