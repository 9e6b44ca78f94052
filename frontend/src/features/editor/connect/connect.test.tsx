import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import type { Judgement } from "@/api/types";
import { findNode } from "@/graph/model";
import { graphOf, groupOf, node, palette, project } from "@/test/fixtures";
import { type Call, fakeServer, renderPage } from "@/test/render";

import { SessionContext } from "../session/context";
import { createSession, type Session } from "../session/session";
import { createUi, UiContext, type UiStore } from "../ui";
import { judgeJoining } from "./join";
import { linkedTo, partnersOf, portsOf } from "./ports";
import { PortsPanel } from "./PortsPanel";
import { Refusal } from "./Refusal";
import { follow } from "./walk";

let session: Session;
let ui: UiStore;
let verdict: Judgement;
let calls: Call[];
beforeEach(() => {
  verdict = { ok: true, problem: null, mends: [] };
  calls = fakeServer({ "POST api/graphs/connect": () => verdict });
  session = createSession(project(), palette);
  ui = createUi(true);
});

const state = () => session.store.getState();
const drawn = () => ({ graph: state().graph, operators: session.operators, report: null });
const at = { x: 10, y: 20 };
const wish = { connections: [{ from: "data", output: null, to: "fc2", port: "data" }], at };
const port = (id: string, name: string) => {
  const found = portsOf(drawn(), id).find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};
const show = () =>
  renderPage(
    <SessionContext value={session}>
      <UiContext value={ui}>
        <PortsPanel />
        <Refusal />
      </UiContext>
    </SessionContext>,
  );

const mismatch: Judgement = {
  ok: false,
  problem: { severity: "error", code: "shape_mismatch", node: "fc2", port: "data", parameter: null, message: "it wants rows", wanted: "(N, F)", got: "(N, C, H, W)", remedy: null, fix: null },
  mends: [
    {
      label: "Insert Flatten",
      edits: [
        { type: "connect", from: "data", to: "fc2", port: "data" },
        { type: "add-node", node: node("flatten", "Activation", "data"), position: null },
        { type: "connect", from: "flatten", to: "fc2", port: "data" },
      ],
    },
  ],
};

describe("joining", () => {
  it("asks the server what it cannot know itself, and not what it knows", async () => {
    expect(await judgeJoining(session, wish)).toMatchObject({ refused: null, label: "Connect data to data of fc2" });
    expect(calls[0]?.body).toMatchObject({ connections: [{ from: "data", to: "fc2", port: "data" }], dataset: "digits" });
    const loop = await judgeJoining(session, { at, connections: [{ from: "softmax", output: null, to: "fc1", port: "data" }] });
    expect(loop?.refused?.problem.message).toMatch(/cycle/);
    expect(loop?.refused?.anyway).toBeNull();
    expect(calls).toHaveLength(1);
  });

  it("lets a person draw on without the server", async () => {
    fakeServer({});
    expect(await judgeJoining(session, wish)).toMatchObject({ refused: null });
  });
});

describe("refusal", () => {
  it("offers a mend in the place of the refusal, done as one named step", async () => {
    verdict = mismatch;
    const outcome = await judgeJoining(session, wish);
    ui.setState({ refused: outcome?.refused ?? null });
    show();
    const dialog = screen.getByRole("alertdialog", { name: "These do not connect" });
    expect(dialog.textContent).toMatch(/it wants rows.*\(N, C, H, W\)/);
    const mend = within(dialog).getByRole("button", { name: "Insert Flatten" });
    expect(document.activeElement).toBe(mend);
    await userEvent.click(mend);
    expect(screen.queryByRole("alertdialog")).toBeNull();
    expect(findNode(state().graph, "fc2")?.inputs).toEqual({ data: "flatten" });
    expect(state().history.past.map(({ label }) => label)).toEqual(["Insert Flatten, Connect data to data of fc2"]);
    session.undo();
    expect(findNode(state().graph, "flatten")).toBeUndefined();
  });

  it("leaves the last word to the person, and Escape closes it", async () => {
    verdict = mismatch;
    const outcome = await judgeJoining(session, wish);
    ui.setState({ refused: outcome?.refused ?? null });
    show();
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("alertdialog")).toBeNull();
    ui.setState({ refused: outcome?.refused ?? null });
    await userEvent.click(await screen.findByRole("button", { name: "Connect anyway" }));
    expect(findNode(state().graph, "fc2")?.inputs).toEqual({ data: "data" });
  });
});

describe("ports", () => {
  it("are listed with what they are connected to", () => {
    expect(portsOf(drawn(), "fc1").map(({ side, name, links }) => [side, name, links.length])).toEqual([
      ["input", "data", 1],
      ["output", "output", 1],
    ]);
    expect(linkedTo(drawn(), port("fc1", "output"))).toEqual(["act1"]);
  });

  it("can be connected to all but what would make a loop, the nearest and free ones first", () => {
    session.act("add", [{ type: "add-node", node: node("act2", "Activation"), position: [0, 900] }]);
    expect(partnersOf(drawn(), port("fc1", "output")).map(({ label, isTaken }) => [label, isTaken])).toEqual([
      ["act2.data", false],
      ["softmax.label", false],
      ["act1.data", true],
      ["fc2.data", true],
      ["softmax.data", true],
    ]);
    expect(partnersOf(drawn(), port("fc1", "data")).map(({ label }) => label)).toEqual(["data", "act2"]);
  });

  it("of a block lead into it", () => {
    session.act("group", [{ type: "make-group", group: groupOf("block1", ["fc1", "act1"]) }]);
    expect(portsOf(drawn(), "block1").map(({ side, name }) => [side, name])).toEqual([
      ["input", "fc1.data"],
      ["output", "act1"],
    ]);
    const [partner] = partnersOf(drawn(), port("block1", "act1")).filter(({ label }) => label === "fc2.data");
    expect(partner?.connections).toEqual([{ from: "act1", output: null, to: "fc2", port: "data" }]);
  });
});

describe("by keys", () => {
  it("connects and disconnects", async () => {
    ui.setState({ ports: "data" });
    show();
    expect(document.activeElement).toBe(screen.getByRole("listbox", { name: "Ports" }));
    expect(ui.getState().mark).toEqual({ node: "data", handle: "output" });
    await userEvent.keyboard("{Enter}");
    await userEvent.type(screen.getByRole("combobox", { name: "Find a port" }), "fc2{Enter}");
    await waitFor(() => expect(findNode(state().graph, "fc2")?.inputs).toEqual({ data: "data" }));
    await userEvent.keyboard("{Delete}");
    expect(state().graph.nodes.filter(({ inputs }) => Object.values(inputs).includes("data"))).toEqual([]);
    expect(state().history.past.at(-1)?.label).toBe("Disconnect output of data");
    await userEvent.keyboard("{Escape}");
    expect(ui.getState()).toMatchObject({ ports: null, mark: null });
  });

  it("goes along a line to the next node", async () => {
    ui.setState({ ports: "fc1" });
    show();
    await userEvent.keyboard("{ArrowRight}");
    expect(ui.getState().ports).toBe("act1");
    expect(screen.queryByRole("dialog", { name: "Connections of act1" })).not.toBeNull();
  });

  it("goes up, down and aside", () => {
    const graph = graphOf([node("x", "Input"), node("a", "Activation", "x"), node("b", "Activation", "x")]);
    graph.layout["b"] = [300, 100];
    const go = (from: string, way: Parameters<typeof follow>[3]) => follow(graph, session.operators, from, way);
    expect([go("x", "down"), go("a", "up"), go("a", "right"), go("b", "left"), go("x", "up"), go("b", "right")]).toEqual(["a", "x", "b", "a", null, null]);
  });
});
