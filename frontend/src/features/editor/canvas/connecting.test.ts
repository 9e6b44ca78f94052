import { beforeEach, describe, expect, it } from "vitest";

import { applyEdits } from "@/graph/edits";
import { findNode } from "@/graph/model";
import { graphOf, node, palette, project } from "@/test/fixtures";

import { createSession, type Session } from "../session/session";
import { connectEdits, judge, toConnection } from "./connecting";

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

describe("connecting", () => {
  it("writes the first output bare and others by name", () => {
    expect(toConnection(session, wanted("s", "first", "b")).output).toBeNull();
    expect(toConnection(session, wanted("s", "second", "b")).output).toBe("second");
  });

  it("refuses with a reason", () => {
    expect(judge(session, wanted("a", "output", "s"))).toMatchObject({ ok: false, reason: /cycle/ });
  });

  it("moves the end of a connection as one action", () => {
    const { graph } = session.store.getState();
    const old = { id: "a.data", source: "s", target: "a", sourceHandle: "first", targetHandle: "data" };
    const edits = connectEdits(session, toConnection(session, wanted("s", "second", "b")), old);
    const after = applyEdits(graph, edits);
    expect(findNode(after, "a")?.inputs).toEqual({});
    expect(findNode(after, "b")?.inputs).toEqual({ data: "s:second" });
  });

  it("does not cut what it has just made when an end comes back to its own port", () => {
    const { graph } = session.store.getState();
    const old = { id: "a.data", source: "s", target: "a", sourceHandle: "first", targetHandle: "data" };
    const after = applyEdits(graph, connectEdits(session, toConnection(session, wanted("s", "second", "a")), old));
    expect(findNode(after, "a")?.inputs).toEqual({ data: "s:second" });
  });
});
