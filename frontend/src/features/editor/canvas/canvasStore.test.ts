import { beforeEach, describe, expect, it } from "vitest";

import { t } from "@/i18n";
import { graphOf, groupOf, node, palette, perceptron, project, report } from "@/test/fixtures";

import { createSession, type Session } from "../session/session";
import { type CanvasStore, createCanvasStore } from "./canvasStore";
import { nameLine, shapeOn } from "./line";

let session: Session;
let canvas: CanvasStore;

function open(graph = perceptron()): void {
  session = createSession(project({ graph }), palette);
  canvas = createCanvasStore(session);
  canvas.follow();
}
beforeEach(() => open());

const state = () => session.store.getState();
const drawn = (id: string) => canvas.store.getState().nodes.find((one) => one.id === id);
const edge = (id: string) => canvas.store.getState().edges.find((one) => one.id === id);
const facts = (...outputs: { name: string; shape: number[] }[]) => ({
  op: "x",
  inputs: {},
  outputs: outputs.map((output) => ({ ...output, dtype: "float32" })),
  weights: [],
  states: [],
  parameters: 0,
  flops: 0,
  bytes: 0,
  receptive: [],
});

describe("canvas store", () => {
  it("draws again only the node that changed", () => {
    const before = canvas.store.getState().nodes;
    session.act("Move", [{ type: "move-nodes", positions: { fc1: [700, 7] } }]);
    const after = canvas.store.getState().nodes;
    expect(after.map((one, at) => one === before[at])).toEqual([true, false, true, true, true]);
    expect(drawn("fc1")?.position).toEqual({ x: 700, y: 7 });
  });

  it("makes one step of a whole drag", () => {
    canvas.startDrag();
    for (const x of [10, 20, 30])
      canvas.onNodesChange([{ type: "position", id: "fc1", position: { x, y: 100 }, dragging: true }]);
    canvas.onNodesChange([{ type: "position", id: "fc1", position: { x: 30, y: 100 }, dragging: false }]);
    expect(state().history.past).toHaveLength(0);
    const moved = drawn("fc1");
    canvas.endDrag(moved ? [moved] : []);
    expect(state().history.past.map((step) => step.label)).toEqual(["Move fc1"]);
    expect(state().graph.layout["fc1"]).toEqual([30, 100]);
    session.undo();
    expect(drawn("fc1")?.position).toEqual({ x: 0, y: 100 });
  });

  it("makes no step of a click that moves nothing", () => {
    canvas.startDrag();
    const still = drawn("fc1");
    canvas.endDrag(still ? [still] : []);
    expect(state().history.past).toHaveLength(0);
  });

  it("takes quick arrow keys as one step", () => {
    for (const x of [5, 10])
      canvas.onNodesChange([{ type: "position", id: "fc1", position: { x, y: 100 }, dragging: false }]);
    expect(state().history.past).toHaveLength(1);
    expect(state().graph.layout["fc1"]).toEqual([10, 100]);
  });

  it("keeps the selection in the session, nodes and connections alike", () => {
    canvas.onNodesChange([{ type: "select", id: "fc1", selected: true }]);
    canvas.onEdgesChange([{ type: "select", id: "act1.data", selected: true }]);
    expect(state().selection).toEqual({ nodes: new Set(["fc1"]), edges: new Set(["act1.data"]) });
    expect(drawn("fc1")?.selected).toBe(true);
    canvas.onNodesChange([{ type: "select", id: "fc1", selected: false }]);
    expect(state().selection.nodes.size).toBe(0);
  });

  it("draws no connection again when shapes change: each reads its own", () => {
    open(graphOf([node("data", "Input"), node("s", "split", "data"), node("a", "Activation", "s:1"), node("b", "Activation", "s")]));
    const before = canvas.store.getState();
    expect(edge("a.data")).toMatchObject({ source: "s", sourceHandle: "second" });
    const line = (id: string) => {
      const data = edge(id)?.data;
      if (!data) throw new Error(`no line ${id}`);
      return data;
    };
    expect(shapeOn(state(), line("a.data"))).toBeNull();
    session.setReport(
      report({ nodes: { s: facts({ name: "first", shape: [32, 4] }, { name: "second", shape: [32, 5] }) } }),
    );
    expect(canvas.store.getState()).toBe(before);
    expect(shapeOn(state(), line("a.data"))).toBe("32×5");
    expect(shapeOn(state(), line("b.data"))).toBe("32×4");
    expect(nameLine(line("a.data"), "32×5", t)).toBe("From s to data of a, 32×5");
    expect(nameLine(line("a.data"), null, t)).toBe("From s to data of a");
  });

  it("follows the outputs that a node turns out to have", () => {
    open(graphOf([node("data", "Input"), node("s", "split", "data"), node("a", "Activation", "s:1")]));
    session.setReport(report({ nodes: { s: facts({ name: "left", shape: [1] }, { name: "right", shape: [2] }) } }));
    expect(edge("a.data")?.sourceHandle).toBe("right");
  });

  it("writes on a line out of a repeated group what leaves its last repetition", () => {
    const block = groupOf("block", ["fc1", "act1"], { repeat: 3, collapsed: false });
    open({ ...perceptron(), groups: [block] });
    const outputs = { act1: { shape: [32, 7], dtype: "float32" } };
    session.setReport(
      report({
        nodes: { act1: facts({ name: "output", shape: [32, 9] }) },
        groups: { block: { nodes: 6, outputs, parameters: 0, flops: 0, bytes: 0 } },
      }),
    );
    const line = edge("fc2.data")?.data;
    expect(line && shapeOn(state(), line)).toBe("32×7");
  });
});
