import { beforeEach, describe, expect, it } from "vitest";

import { EditError } from "@/graph/edits";
import { findNode } from "@/graph/model";
import { node, palette, perceptron, project, report } from "@/test/fixtures";

import { createSession, type Session } from "./session";

let session: Session;
beforeEach(() => {
  session = createSession(project(), palette);
});
const state = () => session.store.getState();
const ids = () => state().graph.nodes.map(({ id }) => id);

describe("session", () => {
  it("undoes and redoes named actions, the data set among them", () => {
    session.act("Delete act1", [{ type: "remove-node", id: "act1" }]);
    session.chooseDataset("iris");
    expect(session.undo()).toBe("Choose data set");
    expect(state().dataset).toBe("digits");
    expect(session.undo()).toBe("Delete act1");
    expect(state().graph).toEqual(perceptron());
    expect(session.undo()).toBeNull();
    expect(session.redo()).toBe("Delete act1");
    expect(session.redo()).toBe("Choose data set");
    expect(ids()).not.toContain("act1");
    expect(state().dataset).toBe("iris");
    expect(session.redo()).toBeNull();
  });

  it("changes nothing at all when one edit of an action does not fit", () => {
    const before = state();
    expect(() =>
      session.act("Fix", [
        { type: "remove-node", id: "act1" },
        { type: "remove-node", id: "gone" },
      ]),
    ).toThrow(EditError);
    expect(state()).toBe(before);
  });

  it("remembers no step for an action that does nothing", () => {
    session.act("Rename", [{ type: "rename-node", id: "fc1", to: "fc1" }]);
    expect(state().history.past).toHaveLength(0);
  });

  it("selects what is new and forgets what is gone", () => {
    session.act("Add", [{ type: "add-node", node: node("act2", "Activation", "fc2"), position: null }], { select: ["act2"] });
    expect([...state().selection.nodes]).toEqual(["act2"]);
    session.undo();
    expect(state().selection.nodes.size).toBe(0);
    session.select(["fc1"], ["fc2.data"]);
    session.act("Delete act1", [{ type: "remove-node", id: "act1" }]);
    expect(state().selection).toEqual({ nodes: new Set(["fc1"]), edges: new Set() });
  });

  it("places nodes that come without a place", () => {
    session = createSession(project({ graph: { ...perceptron(), layout: {} } }), palette);
    expect(Object.keys(state().graph.layout)).toHaveLength(5);
  });

  it("keeps report objects of nodes that did not change", () => {
    const facts = (parameters: number) => ({
      op: "FullyConnected",
      inputs: {},
      outputs: [],
      weights: [],
      states: [],
      parameters,
      flops: 0,
      bytes: 0,
      receptive: [],
    });
    const problem = {
      severity: "error" as const,
      code: "bad_param",
      node: "fc1",
      port: null,
      parameter: "num_hidden",
      message: "no",
      wanted: null,
      got: null,
      remedy: null,
      fix: null,
    };
    session.setReport(report({ nodes: { fc1: facts(1), fc2: facts(2) }, problems: [problem] }));
    const { report: first, problems } = state();
    session.setReport(report({ nodes: { fc1: facts(1), fc2: facts(3) }, problems: [{ ...problem }] }));
    expect(state().report?.nodes["fc1"]).toBe(first?.nodes["fc1"]);
    expect(state().report?.nodes["fc2"]).not.toBe(first?.nodes["fc2"]);
    expect(state().problems.get("fc1")).toBe(problems.get("fc1"));
  });

  it("takes another version in as a step that undo brings back", () => {
    session.act("Edit", [{ type: "set-params", id: "fc1", params: { num_hidden: 5 } }]);
    session.takeOver(project({ revision: 9, name: "Theirs" }));
    expect(state()).toMatchObject({ revision: 9, name: "Theirs" });
    expect(session.undo()).toBe("Take the other version");
    expect(findNode(state().graph, "fc1")?.params["num_hidden"]).toBe(5);
  });
});
