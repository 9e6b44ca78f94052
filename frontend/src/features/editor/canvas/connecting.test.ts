import { beforeEach, describe, expect, it } from "vitest";

import { applyEdits } from "@/graph/edits";
import { findNode } from "@/graph/model";
import { graphOf, groupOf, node, palette, project } from "@/test/fixtures";

import { createSession, type Session } from "../session/session";
import { connectEdits, judge, toConnections } from "./connecting";
import { flowEdges } from "./flow";

let session: Session;
beforeEach(() => {
  const graph = graphOf([node("data", "Input"), node("s", "split", "data"), node("a", "Activation", "s"), node("b", "Activation")]);
  session = createSession(project({ graph }), palette);
});
const wanted = (source: string, sourceHandle: string, target: string) => ({
  source,
  sourceHandle,
  target,
  targetHandle: "data",
});

const edgeInto = (node: string) => {
  const { graph, report, selection } = session.store.getState();
  const edge = flowEdges([], graph, session.operators, report, selection).find(({ target }) => target === node);
  if (!edge) throw new Error("no edge");
  return edge;
};

describe("connecting", () => {
  it("writes the first output bare and others by name", () => {
    expect(toConnections(session, wanted("s", "first", "b"))[0]?.output).toBeNull();
    expect(toConnections(session, wanted("s", "second", "b"))[0]?.output).toBe("second");
  });

  it("refuses with a reason", () => {
    expect(judge(session, wanted("a", "output", "s"))).toMatchObject({ ok: false, reason: /cycle/ });
  });

  it("moves the end of a connection as one action", () => {
    const { graph } = session.store.getState();
    const old = edgeInto("a");
    const edits = connectEdits(session, toConnections(session, wanted("s", "second", "b")), old);
    const after = applyEdits(graph, edits);
    expect(findNode(after, "a")?.inputs).toEqual({});
    expect(findNode(after, "b")?.inputs).toEqual({ data: "s:second" });
  });

  it("does not cut what it has just made when an end comes back to its own port", () => {
    const { graph } = session.store.getState();
    const old = edgeInto("a");
    const after = applyEdits(graph, connectEdits(session, toConnections(session, wanted("s", "second", "a")), old));
    expect(findNode(after, "a")?.inputs).toEqual({ data: "s:second" });
  });

  it("leads a line into a block to every member it stands for, and out of it from the member", () => {
    const nodes = [
      node("data", "Input"),
      node("s", "split", "data"),
      node("a", "Activation", "data"),
      node("b", "Concat", { arg0: "a", arg1: "data" }),
      node("end", "Activation"),
    ];
    const graph = { ...graphOf(nodes), groups: [groupOf("block", ["a", "b"])] };
    session = createSession(project({ graph }), palette);
    const into = toConnections(session, { source: "s", sourceHandle: "second", target: "block", targetHandle: "a.data" });
    const after = applyEdits(graph, connectEdits(session, into, edgeInto("block")));
    expect(findNode(after, "a")?.inputs).toEqual({ data: "s:second" });
    expect(findNode(after, "b")?.inputs).toEqual({ arg0: "a", arg1: "s:second" });
    const out = { source: "block", sourceHandle: "b", target: "end", targetHandle: "data" };
    expect(toConnections(session, out)).toEqual([{ from: "b", output: null, to: "end", port: "data" }]);
    expect(judge(session, { source: "block", sourceHandle: "b", target: "block", targetHandle: "a.data" }).ok).toBe(false);
  });
});
