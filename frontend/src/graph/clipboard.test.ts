import { describe, expect, it } from "vitest";

import { node, perceptron } from "@/test/fixtures";

import { copyNodes, pasteNodes } from "./clipboard";
import { applyEdits } from "./edits";
import { emptyGraph, findNode, ID_PATTERN } from "./model";
import { nameNode, renameFree } from "./names";

describe("copy and paste", () => {
  it("renames, keeps inner connections and drops outer ones", () => {
    const graph = perceptron();
    const pasted = pasteNodes(graph, copyNodes(graph, new Set(["fc1", "act1"])));
    expect(pasted?.ids).toEqual(["fc3", "act2"]);
    const after = applyEdits(graph, pasted?.edits ?? []);
    expect(findNode(after, "fc3")).toEqual(node("fc3", "FullyConnected", {}, { num_hidden: 32 }));
    expect(findNode(after, "act2")?.inputs).toEqual({ data: "fc3" });
  });

  it("keeps outer connections when duplicating", () => {
    const graph = perceptron();
    const pasted = pasteNodes(graph, copyNodes(graph, new Set(["fc1"])), { keepOuter: true });
    expect(pasted?.edits[0]).toMatchObject({ node: { id: "fc3", inputs: { data: "data" } } });
  });

  it("does not point into another graph by accident", () => {
    const pasted = pasteNodes(emptyGraph(), copyNodes(perceptron(), new Set(["act1"])), { keepOuter: true });
    expect(pasted?.edits[0]).toMatchObject({ node: { id: "act1", inputs: {} } });
  });

  it("puts the upper left corner where it is asked to", () => {
    const graph = perceptron();
    const pasted = pasteNodes(graph, copyNodes(graph, new Set(["fc1", "act1"])), { at: [500, 1000] });
    expect(pasted?.edits.map((edit) => (edit.type === "add-node" ? edit.position : null))).toEqual([
      [500, 1000],
      [500, 1100],
    ]);
  });

  it("takes a whole graph JSON and refuses everything else", () => {
    expect(pasteNodes(emptyGraph(), JSON.stringify(perceptron()))?.ids).toHaveLength(5);
    for (const text of ["", "hello", "null", "[]", '{"nodes": []}', '{"format":"netwright-clip","nodes":[{"id":1}]}'])
      expect(pasteNodes(emptyGraph(), text)).toBeNull();
  });
});

describe("names", () => {
  it.each([
    ["Convolution", [], "conv1"],
    ["Convolution", ["conv1"], "conv2"],
    ["Input", [], "data"],
    ["Input", ["data"], "data2"],
    ["SoftmaxOutput", ["softmax"], "softmax2"],
    ["elemwise_add", [], "elemwise_add1"],
    ["Pad2", [], "pad2_1"],
    ["???", [], "node1"],
  ])("%s beside %j is %s", (op, taken, name) => {
    expect(nameNode(op, new Set(taken))).toBe(name);
    expect(name).toMatch(ID_PATTERN);
  });

  it("finds a free name close to the old one", () => {
    expect(renameFree("conv1", new Set(["conv1", "conv2"]))).toBe("conv3");
    expect(renameFree("head", new Set(["head"]))).toBe("head2");
    expect(renameFree("free", new Set())).toBe("free");
  });
});
