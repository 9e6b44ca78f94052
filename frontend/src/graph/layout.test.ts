import { describe, expect, it } from "vitest";

import type { Graph } from "@/api/types";
import { chain, graphOf, node, perceptron } from "@/test/fixtures";

import { arrange, arrangeWithDagre } from "./layout";
import { downstream, ranks, reaches, topologicalOrder, upstream } from "./order";
import { arrangeInRows, completeLayout, GAP, type Layout, NODE_SIZE } from "./rows";
import { align, freeSpot } from "./spots";

function overlaps(layout: Layout): string[] {
  const spots = Object.entries(layout);
  return spots.flatMap(([a, [ax, ay]], at) =>
    spots
      .slice(at + 1)
      .filter(([, [bx, by]]) => Math.abs(ax - bx) < NODE_SIZE.width && Math.abs(ay - by) < NODE_SIZE.height)
      .map(([b]) => `${a}/${b}`),
  );
}

/** data splits into two ways that meet again. */
const residual = (): Graph =>
  graphOf([
    node("data", "Input"),
    node("conv1", "Convolution", "data"),
    node("conv2", "Convolution", "conv1"),
    node("side", "Convolution", "data"),
    node("sum", "add_n", { arg0: "conv2", arg1: "side" }),
  ]);

describe.each([
  ["dagre", arrangeWithDagre],
  ["rows", arrangeInRows],
])("%s layout", (_name, layOut) => {
  it("places every node, none on another, each under what it reads", () => {
    for (const graph of [perceptron(), residual()]) {
      const layout = layOut(graph);
      expect(Object.keys(layout).sort()).toEqual(graph.nodes.map(({ id }) => id).sort());
      expect(overlaps(layout)).toEqual([]);
      for (const { id, inputs } of graph.nodes)
        for (const from of Object.values(inputs)) expect(layout[id]?.[1]).toBeGreaterThan(layout[from]?.[1] ?? Infinity);
    }
  });
});

describe("layout of hard graphs", () => {
  it("survives a chain of 3,000 nodes, quickly", () => {
    const start = performance.now();
    const layout = arrange(chain(3000));
    expect(performance.now() - start).toBeLessThan(1000);
    expect(layout["n2999"]?.[1]).toBe(2999 * (NODE_SIZE.height + GAP.height));
  });

  it("survives a cycle and a dangling reference", () => {
    const graph = graphOf([node("a", "Activation", "b"), node("b", "Activation", "a"), node("c", "Activation", "gone")]);
    expect(Object.keys(arrange(graph))).toHaveLength(3);
    expect(overlaps(arrangeInRows(graph))).toEqual([]);
    expect(topologicalOrder(graph)).toEqual(["c", "a", "b"]);
  });

  it("keeps places that are stored and finds some for the rest", () => {
    const graph = { ...perceptron(), layout: { fc1: [500, 40] as [number, number] } };
    const layout = completeLayout(graph);
    expect(layout["fc1"]).toEqual([500, 40]);
    expect(Object.keys(layout)).toHaveLength(5);
    expect(overlaps(layout)).toEqual([]);
  });
});

describe("order", () => {
  it("ranks by the longest way", () => {
    expect(Object.fromEntries(ranks(residual()))).toEqual({ data: 0, conv1: 1, conv2: 2, side: 1, sum: 3 });
  });

  it("walks both ways", () => {
    expect([...downstream(residual(), ["conv1"])].sort()).toEqual(["conv1", "conv2", "sum"]);
    expect([...upstream(residual(), ["side"])].sort()).toEqual(["data", "side"]);
    expect(reaches(residual(), "side", "conv2")).toBe(false);
  });
});

describe("spots", () => {
  it("steps aside from a node that is there", () => {
    const spot = freeSpot(perceptron(), [0, 0]);
    expect(overlaps({ ...perceptron().layout, fresh: spot }).filter((pair) => pair.includes("data"))).toEqual([]);
    expect(freeSpot(perceptron(), [900, 900])).toEqual([900, 900]);
  });

  it("aligns", () => {
    const places = { a: [10, 0], b: [50, 80] } satisfies Record<string, [number, number]>;
    expect(align(places, "left")).toEqual({ a: [10, 0], b: [10, 80] });
    expect(align(places, "centre")).toEqual({ a: [30, 0], b: [30, 80] });
    expect(align(places, "top")).toEqual({ a: [10, 0], b: [50, 0] });
  });
});
