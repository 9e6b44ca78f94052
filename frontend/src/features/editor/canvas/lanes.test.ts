import { describe, expect, it } from "vitest";

import type { Graph, Position } from "@/api/types";
import { foldOf } from "@/graph/fold";
import { graphOf, groupOf, node, operators } from "@/test/fixtures";

import { findLanes as findIn, lanePath } from "./lanes";

/** in → mid → out, and a second connection from in to out. */
function skip(layout: Record<string, Position>) {
  const nodes = [node("in", "Input"), node("mid", "Activation", "in"), node("out", "Concat", { arg0: "mid", arg1: "in" })];
  return { ...graphOf(nodes), layout };
}

const findLanes = (graph: Graph) => findIn(graph, foldOf(graph, operators));

describe("lanes", () => {
  it("go around blocks and not around what is hidden in them", () => {
    const graph = skip({ in: [0, 0], mid: [0, 100], out: [0, 200] });
    expect(findLanes({ ...graph, groups: [groupOf("block", ["mid"])] }).size).toBe(1);
    expect(findLanes({ ...graph, groups: [groupOf("block", ["mid", "out"])] }).size).toBe(0);
  });

  it("go around a node that stands in the way", () => {
    const lanes = findLanes(skip({ in: [0, 0], mid: [0, 100], out: [0, 200] }));
    expect([...lanes.keys()]).toEqual(["out.arg1"]);
    const lane = lanes.get("out.arg1") ?? 0;
    expect(lane < 0 || lane > 196).toBe(true);
  });

  it("take the shorter side", () => {
    expect(findLanes(skip({ in: [0, 0], mid: [60, 100], out: [0, 200] })).get("out.arg1")).toBe(38);
    expect(findLanes(skip({ in: [0, 0], mid: [-60, 100], out: [0, 200] })).get("out.arg1")).toBe(158);
  });

  it("are not needed where the way is free or short", () => {
    expect(findLanes(skip({ in: [0, 0], mid: [240, 100], out: [0, 200] })).size).toBe(0);
    expect(findLanes(skip({ in: [0, 0], mid: [300, 50], out: [0, 110] })).size).toBe(0);
  });

  it("pass a second node beside the first", () => {
    const graph = skip({ in: [0, 0], mid: [0, 100], out: [0, 200], other: [210, 100], left: [-210, 100] });
    graph.nodes.push(node("other", "Input"), node("left", "Input"));
    const lane = findLanes(graph).get("out.arg1") ?? 0;
    expect(lane < -210 || lane > 406).toBe(true);
  });

  it("draw from end to end", () => {
    const path = lanePath(10, 0, 20, 300, 150);
    expect(path.startsWith("M10,0")).toBe(true);
    expect(path.endsWith("20,300")).toBe(true);
    expect(path).toContain("L150,");
  });
});
