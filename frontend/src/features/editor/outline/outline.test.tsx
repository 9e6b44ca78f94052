import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import { findNode } from "@/graph/model";
import { chain, groupOf, palette, perceptron, project } from "@/test/fixtures";
import { fakeServer, renderPage } from "@/test/render";

import { Inspector } from "../inspector/Inspector";
import { SessionContext } from "../session/context";
import { createSession, type Session } from "../session/session";
import { createUi, UiContext, type UiStore } from "../ui";
import { Outline } from "./Outline";
import { moveBy, outlineRows } from "./rows";

let session: Session;
let ui: UiStore;
const open = (): void => {
  renderPage(
    <SessionContext value={session}>
      <UiContext value={ui}>
        <Outline />
        <Inspector />
      </UiContext>
    </SessionContext>,
  );
};
beforeEach(() => {
  fakeServer({ "GET api/datasets": () => ({ items: [], total: 0 }) });
  const graph = { ...perceptron(), groups: [groupOf("block1", ["fc1", "act1"], { collapsed: false })] };
  session = createSession(project({ graph }), palette);
  ui = createUi(true);
});
const graph = () => session.store.getState().graph;
const item = (name: RegExp) => screen.getByRole("treeitem", { name });

describe("rows", () => {
  it("follow the data, with groups around their nodes", () => {
    const rows = outlineRows(graph(), new Set());
    expect(rows.map(({ id, level, place, size }) => [id, level, place, size])).toEqual([
      ["data", 1, 1, 4],
      ["block1", 1, 2, 4],
      ["fc1", 2, 1, 2],
      ["act1", 2, 2, 2],
      ["fc2", 1, 3, 4],
      ["softmax", 1, 4, 4],
    ]);
    expect(outlineRows(graph(), new Set(["block1"])).map(({ id }) => id)).toEqual(["data", "block1", "fc2", "softmax"]);
    expect(outlineRows(graph(), new Set(["block1"]), "FC").map(({ id }) => id)).toEqual(["fc1", "fc2"]);
  });

  it("are walked as trees are", () => {
    const rows = outlineRows(graph(), new Set());
    expect(moveBy("ArrowLeft", rows, 3)).toEqual({ to: "block1" });
    expect(moveBy("ArrowLeft", rows, 1)).toEqual({ open: "block1", isOpen: false });
    expect(moveBy("ArrowRight", rows, 1)).toEqual({ to: "fc1" });
    expect(moveBy("End", rows, 0)).toEqual({ to: "softmax" });
    expect(moveBy("x", rows, 0)).toBeNull();
  });

  it("of a large network take no time worth noticing", () => {
    const large = chain(1000);
    const begun = performance.now();
    expect(outlineRows(large, new Set())).toHaveLength(1000);
    expect(performance.now() - begun).toBeLessThan(200);
  });
});

describe("outline", () => {
  it("says of each node what it is and what it reads", () => {
    open();
    expect(item(/^fc1 Fully connected, reads data$/).getAttribute("aria-level")).toBe("2");
    expect(item(/^block1 Group$/).getAttribute("aria-expanded")).toBe("true");
  });

  it("selects by arrow keys and leads to the details and back", async () => {
    const user = userEvent.setup();
    open();
    await user.tab();
    await user.tab();
    await user.tab();
    expect(document.activeElement).toBe(item(/^data /));
    await user.keyboard("{ArrowDown}{ArrowDown}");
    expect([...session.store.getState().selection.nodes]).toEqual(["fc1"]);
    await user.keyboard("{Enter}");
    const name = within(screen.getByRole("complementary", { name: "Inspector" })).getByRole("textbox", { name: "Name" });
    expect(document.activeElement).toBe(name);
    await user.clear(name);
    await user.type(name, "first{Enter}");
    expect(findNode(graph(), "first")).toBeDefined();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(document.activeElement).toBe(item(/^first /)));
  });

  it("adds behind the selected node", async () => {
    const user = userEvent.setup();
    session.select(["fc1"]);
    open();
    await user.click(screen.getByRole("combobox", { name: "Add an operator after fc1" }));
    await user.click(await screen.findByRole("option", { name: "Activation" }));
    expect(graph().nodes.at(-1)).toMatchObject({ op: "Activation", inputs: { data: "fc1" } });
  });
});
