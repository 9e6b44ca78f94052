import { describe, expect, it } from "vitest";

import type { Graph } from "@/api/types";
import { groupOf, operators, perceptron } from "@/test/fixtures";

import { copyNodes, pasteNodes } from "./clipboard";
import { applyEdits, EditError } from "./edits";
import { blockPosition, foldedGraph, foldOf, frameBox, movesOf, roomForFrames } from "./fold";
import { findGroup, groupsAround, nodesIn, nodesOf } from "./groups";

/** fc1 and act1 in "hidden", that and fc2 in "body". */
function nested(inner = {}, outer = {}): Graph {
  const groups = [groupOf("hidden", ["fc1", "act1"], inner), groupOf("body", ["hidden", "fc2"], outer)];
  return { ...perceptron(), groups };
}

describe("groups", () => {
  it("knows who is in what", () => {
    expect(nodesIn(nested(), "body")).toEqual(["fc1", "act1", "fc2"]);
    expect(groupsAround(nested(), "fc1")).toEqual(["hidden", "body"]);
    expect(nodesOf(nested(), ["data", "hidden"])).toEqual(new Set(["data", "fc1", "act1"]));
    const circle = { ...perceptron(), groups: [groupOf("a", ["b"]), groupOf("b", ["a", "fc1"])] };
    expect(nodesIn(circle, "a")).toEqual(["fc1"]);
    expect(groupsAround(circle, "fc1")).toEqual(["b", "a"]);
  });

  it("makes a group inside the group that holds all its members", () => {
    const after = applyEdits(nested(), [{ type: "make-group", group: groupOf("pair", ["hidden", "fc2"]) }]);
    expect(findGroup(after, "body")?.members).toEqual(["pair"]);
    const across = applyEdits(nested(), [{ type: "make-group", group: groupOf("pair", ["act1", "softmax"]) }]);
    expect(across.groups.map(({ id, members }) => [id, members])).toEqual([
      ["hidden", ["fc1"]],
      ["body", ["hidden", "fc2"]],
      ["pair", ["act1", "softmax"]],
    ]);
  });

  it("dissolves a group into the one around it", () => {
    const after = applyEdits(nested(), [{ type: "dissolve-group", id: "hidden" }]);
    expect(after.groups).toEqual([groupOf("body", ["fc1", "act1", "fc2"])]);
    expect(after.nodes).toHaveLength(5);
  });

  it("forgets nodes that are gone, and groups that are empty with them", () => {
    const graph = nested({ exposed: [{ node: "fc1", parameter: "num_hidden", title: "" }], carry: "data" });
    const less = applyEdits(graph, [{ type: "remove-node", id: "fc1" }, { type: "remove-node", id: "data" }]);
    expect(findGroup(less, "hidden")).toEqual(groupOf("hidden", ["act1"]));
    const none = applyEdits(less, [{ type: "remove-node", id: "act1" }, { type: "remove-node", id: "fc2" }]);
    expect(none.groups).toEqual([]);
  });

  it("follows new names", () => {
    const graph = nested({ exposed: [{ node: "fc1", parameter: "num_hidden", title: "" }], carry: "data" });
    const after = applyEdits(graph, [
      { type: "rename-node", id: "fc1", to: "first" },
      { type: "rename-node", id: "data", to: "x" },
      { type: "rename-group", id: "hidden", to: "layer" },
    ]);
    expect(after.groups).toEqual([
      groupOf("layer", ["first", "act1"], { exposed: [{ node: "first", parameter: "num_hidden", title: "" }], carry: "x" }),
      groupOf("body", ["layer", "fc2"]),
    ]);
  });

  it("refuses names that are taken and groups that are not there", () => {
    for (const edit of [
      { type: "make-group", group: groupOf("fc1", ["fc2"]) },
      { type: "make-group", group: groupOf("hidden", ["fc2"]) },
      { type: "make-group", group: groupOf("new", ["nowhere"]) },
      { type: "rename-node", id: "fc1", to: "body" },
      { type: "rename-group", id: "body", to: "data" },
      { type: "set-group", id: "nowhere", changes: {} },
      { type: "dissolve-group", id: "nowhere" },
    ] as const)
      expect(() => applyEdits(nested(), [edit])).toThrow(EditError);
  });

  it("copies whole groups under fresh names", () => {
    const graph = nested({ exposed: [{ node: "fc1", parameter: "num_hidden", title: "units" }], carry: "data" });
    const pasted = pasteNodes(graph, copyNodes(graph, new Set(["body"])), { keepOuter: true });
    expect(pasted?.ids).toEqual(["body2"]);
    const after = applyEdits(graph, pasted?.edits ?? []);
    const shown = [{ node: "fc3", parameter: "num_hidden", title: "units" }];
    expect(after.groups.slice(2)).toEqual([
      groupOf("hidden2", ["fc3", "act2"], { exposed: shown, carry: "data" }),
      groupOf("body2", ["hidden2", "fc4"]),
    ]);
    expect(pasteNodes(graph, copyNodes(graph, new Set(["fc1"])))?.edits).toHaveLength(1);
  });
});

describe("folding", () => {
  it("draws the outermost collapsed group as one block with what goes in and out", () => {
    const graph = nested();
    const fold = foldOf(graph, operators);
    expect(fold.nodes.map((node) => node.id)).toEqual(["data", "softmax"]);
    expect([...fold.blocks.keys()]).toEqual(["body"]);
    const block = fold.blocks.get("body");
    expect(block?.inputs).toEqual([{ id: "fc1.data", targets: [{ to: "fc1", port: "data" }] }]);
    expect(block?.outputs).toEqual([{ id: "fc2", from: "fc2", output: null }]);
    expect(fold.connections.map(({ from, to }) => `${fold.shownAs(from)}→${fold.shownAs(to)}`)).toEqual([
      "data→body",
      "body→softmax",
    ]);
    expect(foldOf(graph, operators)).toBe(fold);
  });

  it("draws frames around open groups and blocks in them", () => {
    const fold = foldOf(nested({}, { collapsed: false }), operators);
    expect([...fold.blocks.keys()]).toEqual(["hidden"]);
    expect(fold.frames.map(({ group, nodes, depth }) => [group.id, nodes.length, depth])).toEqual([["body", 3, 0]]);
  });

  it("leads one line into a block where several members read one output", () => {
    const graph = perceptron();
    const add = { id: "add", op: "broadcast_add", params: {}, inputs: { lhs: "act1", rhs: "data" } };
    const block = { ...graph, nodes: [...graph.nodes, add], groups: [groupOf("b", ["fc1", "act1", "add"])] };
    const fold = foldOf(block, operators);
    expect(fold.blocks.get("b")?.inputs.map(({ targets }) => targets.length)).toEqual([2]);
    expect(fold.connections.filter(({ to }) => fold.shownAs(to) === "b")).toHaveLength(1);
  });

  it("keeps a port for what is not connected yet, and shows unread ends", () => {
    const graph = applyEdits(nested(), [
      { type: "disconnect", to: "fc1", port: "data" },
      { type: "disconnect", to: "softmax", port: "data" },
      { type: "set-outputs", outputs: [] },
    ]);
    const block = foldOf(graph, operators).blocks.get("body");
    expect(block?.inputs.map(({ id }) => id)).toEqual(["fc1.data"]);
    expect(block?.outputs.map(({ id }) => id)).toEqual(["fc2"]);
  });

  it("stands in the middle of its nodes and takes them along", () => {
    const graph = nested();
    const fold = foldOf(graph, operators);
    const block = fold.blocks.get("body");
    if (!block) throw new Error("no block");
    const [x, y] = blockPosition(graph, block);
    expect([x, y]).toEqual([0, 200]);
    expect(movesOf(graph, fold, { body: [x + 50, y - 10], data: [7, 7] })).toEqual({
      data: [7, 7],
      fc1: [50, 90],
      act1: [50, 190],
      fc2: [50, 290],
    });
  });

  it("draws a frame around nodes, blocks and inner frames, and moves them with it", () => {
    const graph = nested({ collapsed: false }, { collapsed: false });
    const fold = foldOf(graph, operators);
    const [inner, outer] = fold.frames;
    if (!inner || !outer) throw new Error("no frames");
    const boxes = [frameBox(graph, fold, inner), frameBox(graph, fold, outer)] as const;
    expect(boxes[1].left).toBeLessThan(boxes[0].left);
    expect(boxes[1].top).toBeLessThan(boxes[0].top);
    expect(boxes[1].bottom).toBeGreaterThan(boxes[0].bottom);
    expect(movesOf(graph, fold, { hidden: [boxes[0].left + 5, boxes[0].top] })).toEqual({ fc1: [5, 100], act1: [5, 200] });
  });

  it("makes room for the frames that open, once", () => {
    const graph = nested({ collapsed: false }, { collapsed: false });
    const moved = roomForFrames(graph, operators, ["hidden", "body"]);
    const roomy = { ...graph, layout: { ...graph.layout, ...moved } };
    const fold = foldOf(roomy, operators);
    for (const frame of fold.frames) {
      const { top, bottom } = frameBox(roomy, fold, frame);
      for (const { id } of roomy.nodes.filter((node) => !frame.nodes.includes(node.id))) {
        const y = roomy.layout[id]?.[1] ?? 0;
        expect(y + 54 < top || y > bottom).toBe(true);
      }
    }
    expect(roomForFrames(roomy, operators, ["hidden", "body"])).toEqual({});
  });

  it("gives a layout the graph as it is drawn", () => {
    const graph = nested();
    expect(foldedGraph(graph, foldOf(graph, operators)).nodes.map(({ id, inputs }) => [id, inputs])).toEqual([
      ["data", {}],
      ["softmax", { "softmax.data": "body" }],
      ["body", { "fc1.data": "data" }],
    ]);
  });
});
