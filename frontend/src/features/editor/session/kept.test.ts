import { describe, expect, it } from "vitest";

import { emptyHistory, remember } from "@/graph/history";
import { emptyGraph } from "@/graph/model";
import { palette, perceptron, project } from "@/test/fixtures";

import { type Kept, recall, resume, startKeeping } from "./kept";
import { createSession, type Drawing } from "./session";

const drawing: Drawing = { graph: perceptron(), dataset: "digits" };
const history = remember(emptyHistory<Drawing>(), { graph: emptyGraph(), dataset: null }, "Add fc1");
const kept = (more: Partial<Kept>): Kept => ({ revision: 3, saved: true, drawing, history, time: 0, ...more });

describe("what a tab keeps", () => {
  it("brings undo back where the server holds what was saved here", () => {
    const session = createSession(project({ revision: 3, graph: perceptron() }), palette, resume(project({ revision: 3 }), kept({})));
    expect(session.store.getState().save).toBe("saved");
    expect(session.undo()).toBe("Add fc1");
    expect(session.store.getState().graph.nodes).toEqual([]);
    expect(session.redo()).toBe("Add fc1");
  });

  it("brings back edits that were not saved, to be saved now", () => {
    const resumed = resume(project({ revision: 3 }), kept({ saved: false }));
    expect(resumed).toMatchObject({ save: "dirty", graph: drawing.graph, dataset: "digits" });
  });

  it("shows a conflict where somebody else saved in between, and loses neither side", () => {
    const resumed = resume(project({ revision: 5, graph: emptyGraph() }), kept({ saved: false }));
    expect(resumed).toMatchObject({ save: "conflict", revision: 3, graph: drawing.graph });
    expect(resume(project({ revision: 5 }), kept({}))).toEqual({});
  });

  it("knows its own save when it was not noted any more", () => {
    const { graph } = drawing;
    const stored = { ...graph, nodes: graph.nodes.map(({ id, op, params, inputs }) => ({ inputs, params, op, id })) };
    const resumed = resume(project({ revision: 4, graph: stored, dataset: "digits" }), kept({ saved: false }));
    expect(resumed).toEqual({ history });
  });

  it("does without a store", async () => {
    expect(await recall("p1")).toBeNull();
    expect(resume(project(), null)).toEqual({});
    startKeeping(createSession(project(), palette))();
  });
});
