import { beforeEach, describe, expect, it, vi } from "vitest";

import { findNode } from "@/graph/model";
import { operators, palette, project } from "@/test/fixtures";

import { createSession, type Session } from "../session/session";
import { createUi } from "../ui";
import { addOperator, insertOperator } from "./add";
import { copySelection, pasteText } from "./clipboard";
import { actions, findAction } from "./registry";
import { isTyping, matchesShortcut, writeShortcut } from "./shortcut";

let session: Session;
beforeEach(() => {
  session = createSession(project(), palette);
});
const state = () => session.store.getState();
const perform = (id: string) => findAction(id).perform({ session, ui: createUi(true) });
const operator = (name: string) => {
  const found = operators.get(name);
  if (!found) throw new Error(name);
  return found;
};
const key = (name: string, more: KeyboardEventInit = {}) => new KeyboardEvent("keydown", { key: name, ...more });

describe("actions", () => {
  it("have different names and keys", () => {
    const keys = actions.flatMap((action) => action.shortcuts);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(actions.map((action) => action.id)).size).toBe(actions.length);
    expect(new Set(actions.map((action) => action.label)).size).toBe(actions.length);
  });

  it("delete nodes and connections as one step", () => {
    session.select(["fc1"], ["softmax.data"]);
    void perform("delete");
    expect(findNode(state().graph, "fc1")).toBeUndefined();
    expect(findNode(state().graph, "softmax")?.inputs).toEqual({});
    expect(state().history.past.map((step) => step.label)).toEqual(["Delete fc1"]);
    void perform("undo");
    expect(state().graph.nodes).toHaveLength(5);
  });

  it("duplicate what is selected and select the copies", () => {
    session.select(["fc1", "act1"]);
    void perform("duplicate");
    expect([...state().selection.nodes]).toEqual(["fc3", "act2"]);
    expect(findNode(state().graph, "fc3")?.inputs).toEqual({ data: "data" });
  });

  it("paste what was copied, once for each time", () => {
    session.select(["act1"]);
    const text = copySelection(session) ?? "";
    expect(pasteText(session, text)).toBe(true);
    expect(pasteText(session, text)).toBe(true);
    expect(pasteText(session, "some words")).toBe(false);
    expect(state().graph.nodes.map(({ id }) => id).slice(5)).toEqual(["act2", "act3"]);
  });

  it("arrange as one step that can be undone", async () => {
    vi.stubGlobal("Worker", undefined);
    const before = state().graph.layout;
    await perform("arrange");
    expect(state().graph.layout).not.toEqual(before);
    expect(session.undo()).toBe("Arrange");
    expect(state().graph.layout).toEqual(before);
  });
});

describe("adding an operator", () => {
  it("builds a chain: under the selected node, and reading from it", () => {
    session.select(["fc1"]);
    expect(addOperator(session, operator("Activation"), null, [0, 0])).toBe("act2");
    expect(findNode(state().graph, "act2")?.inputs).toEqual({ data: "fc1" });
    addOperator(session, operator("FullyConnected"), null, [0, 0]);
    expect(findNode(state().graph, "fc3")).toMatchObject({ inputs: { data: "act2" }, params: { num_hidden: 64 } });
  });

  it("connects nothing when it is dropped somewhere, or after a loss", () => {
    session.select(["fc1"]);
    addOperator(session, operator("Activation"), [800, 800], [0, 0]);
    expect(findNode(state().graph, "act2")?.inputs).toEqual({});
    expect(state().graph.layout["act2"]).toEqual([800, 800]);
    session.select(["softmax"]);
    addOperator(session, operator("Activation"), null, [0, 0]);
    expect(findNode(state().graph, "act3")?.inputs).toEqual({});
  });

  it("connects a new node to the port a line was drawn from", () => {
    const id = insertOperator(session, operator("Activation"), [500, 0], { kind: "source", from: "fc1", output: null });
    expect(findNode(state().graph, id)?.inputs).toEqual({ data: "fc1" });
    const source = insertOperator(session, operator("Input"), [500, 0], { kind: "target", to: id, port: "data" });
    expect(findNode(state().graph, id)?.inputs).toEqual({ data: source });
    expect(state().history.past.map((step) => step.label)).toEqual([`Add ${id}`, `Add ${source}`]);
  });
});

describe("shortcuts", () => {
  it("tell Ctrl+Z from Ctrl+Shift+Z", () => {
    expect(matchesShortcut(key("z", { ctrlKey: true }), "mod+z")).toBe(true);
    expect(matchesShortcut(key("Z", { ctrlKey: true, shiftKey: true }), "mod+z")).toBe(false);
    expect(matchesShortcut(key("Z", { ctrlKey: true, shiftKey: true }), "mod+shift+z")).toBe(true);
    expect(matchesShortcut(key("z"), "mod+z")).toBe(false);
  });

  it("take a sign with or without shift, as keyboards differ", () => {
    expect(matchesShortcut(key("?", { shiftKey: true }), "?")).toBe(true);
    expect(matchesShortcut(key("+", { shiftKey: true }), "+")).toBe(true);
    expect(matchesShortcut(key("+"), "+")).toBe(true);
    expect(matchesShortcut(key("F", { shiftKey: true }), "f")).toBe(false);
  });

  it("are written for people", () => {
    expect(writeShortcut("mod+shift+z")).toBe("Ctrl+Shift+Z");
    expect(writeShortcut("delete")).toBe("Del");
  });

  it("leave typing alone", () => {
    const input = document.createElement("input");
    expect(isTyping(input)).toBe(true);
    expect(isTyping(document.body)).toBe(false);
  });
});
