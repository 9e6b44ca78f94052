import { beforeEach, describe, expect, it } from "vitest";

import { graphOf, node, palette, perceptron, project, report } from "@/test/fixtures";

import { createSession, type Session } from "../session/session";
import { type CanvasStore, createCanvasStore } from "./canvasStore";

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

  it("writes the shape on each edge, of the output it comes from", () => {
    open(graphOf([node("data", "Input"), node("s", "split", "data"), node("a", "Activation", "s:1"), node("b", "Activation", "s")]));
    expect(edge("a.data")).toMatchObject({ source: "s", sourceHandle: "second", data: { shape: null } });
    session.setReport(
      report({ nodes: { s: facts({ name: "first", shape: [32, 4] }, { name: "second", shape: [32, 5] }) } }),
    );
    expect(edge("a.data")?.data?.shape).toBe("32×5");
    expect(edge("b.data")?.data?.shape).toBe("32×4");
    expect(edge("a.data")?.ariaLabel).toBe("From s to data of a, 32×5");
  });
});
