import { Notifications } from "@mantine/notifications";
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { Problem } from "@/api/types";
import { findNode } from "@/graph/model";
import { node, palette, project, report } from "@/test/fixtures";
import { fakeServer, renderPage } from "@/test/render";

import { ProblemBadge } from "./canvas/ProblemBadge";
import { Inspector } from "./inspector/Inspector";
import { Palette } from "./palette/Palette";
import { ProblemsPanel } from "./problems/ProblemsPanel";
import { SessionContext } from "./session/context";
import { createSession, type Session } from "./session/session";
import { createUi, UiContext, type UiStore } from "./ui";

let session: Session;
let ui: UiStore;
beforeEach(() => {
  fakeServer({ "GET api/datasets": () => ({ items: [], total: 0 }) });
  session = createSession(project(), palette);
  ui = createUi(true);
});

const state = () => session.store.getState();
const show = (panel: React.ReactNode) =>
  renderPage(
    <SessionContext value={session}>
      <UiContext value={ui}>{panel}</UiContext>
      <Notifications />
    </SessionContext>,
  );

const problem: Problem = {
  severity: "error",
  code: "bad_param",
  node: "fc1",
  port: null,
  parameter: "num_hidden",
  message: "num_hidden must be at least 1",
  wanted: "≥ 1",
  got: "0",
  remedy: "Give it a number of units.",
  fix: { label: "Set 10 units", edits: [{ type: "set-params", id: "fc1", params: { num_hidden: 10 } }] },
};

const lossless: Problem = {
  ...problem,
  severity: "warning",
  code: "no_loss",
  node: "fc2",
  parameter: null,
  message: "the network has no loss, so it cannot be trained",
  wanted: null,
  got: null,
  remedy: "Add SoftmaxOutput for classes",
  fix: {
    label: "Add SoftmaxOutput",
    edits: [{ type: "add-node", node: node("loss", "SoftmaxOutput", "fc2"), position: null }],
  },
};

describe("a missing loss head", () => {
  it("is added by one click in the mark on the node", async () => {
    const user = userEvent.setup();
    show(<ProblemBadge problems={[lossless]} />);
    await user.hover(screen.getByRole("img", { name: /has no loss/ }));
    await user.click(await screen.findByRole("button", { name: "Add SoftmaxOutput" }));
    expect(findNode(state().graph, "loss")?.inputs).toEqual({ data: "fc2" });
    expect(state().history.past.map((step) => step.label)).toEqual(["Add SoftmaxOutput"]);
  });

  it.each(["with nothing selected", "at its node"])("is added by one click in the inspector, %s", async (where) => {
    const user = userEvent.setup();
    session.setReport(report({ problems: [lossless] }));
    if (where === "at its node") session.select(["fc2"]);
    show(<Inspector />);
    await user.click(screen.getByRole("button", { name: "Add SoftmaxOutput" }));
    expect(findNode(state().graph, "loss")).toBeTruthy();
  });
});

describe("palette", () => {
  it("adds the best match on Enter, again and again, as a chain", async () => {
    const user = userEvent.setup();
    show(<Palette />);
    session.select(["fc2"]);
    const field = screen.getByRole("textbox", { name: "Find an operator" });
    await user.type(field, "activ{Enter}");
    await user.keyboard("/fully{Enter}");
    expect(state().graph.nodes.slice(5)).toMatchObject([
      { op: "Activation", inputs: { data: "fc2" } },
      { op: "FullyConnected", inputs: { data: "act2" } },
    ]);
  });

  it("finds by what an operator does, and says when nothing fits", async () => {
    const user = userEvent.setup();
    show(<Palette />);
    const field = screen.getByRole("textbox", { name: "Find an operator" });
    await user.type(field, "loss");
    expect(screen.getAllByRole("button", { name: /Softmax|Fully/ }).map((one) => one.textContent)).toEqual(["SoftmaxOutput"]);
    await user.type(field, "zzz");
    expect(screen.getByText(/No operator fits/)).toBeTruthy();
  });

  it("is walked with arrow keys", async () => {
    const user = userEvent.setup();
    show(<Palette />);
    await user.click(screen.getByRole("textbox"));
    await user.keyboard("{ArrowDown}{ArrowDown}");
    expect(document.activeElement?.textContent).toBe("Fully connected");
  });
});

describe("inspector", () => {
  it("edits a parameter as one step, however long the typing", async () => {
    const user = userEvent.setup();
    session.select(["fc1"]);
    show(<Inspector />);
    const units = screen.getByLabelText(/Units/);
    await user.clear(units);
    await user.type(units, "128");
    expect(findNode(state().graph, "fc1")?.params["num_hidden"]).toBe(128);
    expect(state().history.past.map((step) => step.label)).toEqual(["Set num_hidden of fc1"]);
  });

  it("shows an error under its field, and mends it with one click", async () => {
    const user = userEvent.setup();
    session.setReport(report({ problems: [problem] }));
    session.select(["fc1"]);
    show(<Inspector />);
    expect(screen.getByLabelText(/Units/).getAttribute("aria-invalid")).toBe("true");
    await user.click(screen.getByRole("button", { name: "Set 10 units" }));
    expect(findNode(state().graph, "fc1")?.params["num_hidden"]).toBe(10);
    expect(session.undo()).toBe("Set 10 units");
  });

  it("renames on Enter, and refuses a name that is taken", async () => {
    const user = userEvent.setup();
    session.select(["fc1"]);
    show(<Inspector />);
    const name = screen.getByLabelText("Name");
    await user.clear(name);
    await user.type(name, "fc2");
    expect(screen.getByText("Another node has this name")).toBeTruthy();
    await user.clear(name);
    await user.type(name, "hidden{Enter}");
    expect(findNode(state().graph, "act1")?.inputs).toEqual({ data: "hidden" });
    expect([...state().selection.nodes]).toEqual(["hidden"]);
  });

  it("offers only sources that can feed an input", async () => {
    const user = userEvent.setup();
    session.select(["act1"]);
    show(<Inspector />);
    await user.click(within(screen.getByRole("region", { name: "Inputs" })).getByRole("combobox", { name: "data" }));
    expect(screen.getAllByRole("option").map((one) => one.textContent)).toEqual(["data", "fc1"]);
    await user.click(screen.getByRole("option", { name: "data" }));
    expect(findNode(state().graph, "act1")?.inputs).toEqual({ data: "data" });
  });

  it("tells when a mend comes too late", async () => {
    const user = userEvent.setup();
    session.setReport(report({ problems: [{ ...problem, node: "act1", parameter: null }] }));
    session.select(["act1"]);
    show(<Inspector />);
    session.act("Delete fc1", [{ type: "remove-node", id: "fc1" }]);
    const before = state().graph;
    await user.click(screen.getByRole("button", { name: "Set 10 units" }));
    expect(await screen.findByText(/not possible any more/)).toBeTruthy();
    expect(state().graph).toBe(before);
  });
});

describe("problems", () => {
  it("lists errors first and goes to the node", async () => {
    const user = userEvent.setup();
    const reveal = vi.fn();
    ui.setState({ view: { fit: vi.fn(), zoom: vi.fn(), centre: () => [0, 0], reveal, show: vi.fn(), go: vi.fn(), follow: vi.fn(), insertAtPointer: () => false } });
    session.act("Add", [{ type: "add-node", node: node("act2", "Activation"), position: null }]);
    const warning: Problem = { ...problem, severity: "warning", node: "act2", message: "not used", fix: null };
    session.setReport(report({ problems: [warning, problem] }));
    show(<ProblemsPanel />);
    const rows = screen.getAllByRole("listitem");
    expect(rows.map((row) => within(row).getAllByRole("button")[0]?.textContent)).toEqual([
      expect.stringContaining("num_hidden must be"),
      expect.stringContaining("not used"),
    ]);
    await user.click(screen.getByRole("button", { name: /not used/ }));
    expect([...state().selection.nodes]).toEqual(["act2"]);
    expect(reveal).toHaveBeenCalledWith("act2");
  });

  it("says so when there are none", () => {
    session.setReport(report());
    show(<ProblemsPanel />);
    expect(screen.getByText(/Everything fits/)).toBeTruthy();
  });
});
