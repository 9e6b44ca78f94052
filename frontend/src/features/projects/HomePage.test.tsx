import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";

import { graphOf, node, palette, perceptron, project } from "@/test/fixtures";
import { type Call, fakeServer, renderPage } from "@/test/render";

import HomePage from "./HomePage";
import { sketch } from "@/shared/sketch";

let sent: Call[];
const template = {
  id: "mlp-digits",
  title: "Digits",
  summary: "A small network.",
  task: "classification",
  dataset: "digits",
  expected: "96 %",
  graph: perceptron(),
};

beforeEach(() => {
  const one = project({ id: "p7", name: "Mine" });
  sent = fakeServer({
    "GET api/operators": () => palette,
    "GET api/templates": () => ({ items: [template], total: 1 }),
    "GET api/projects": () => ({ items: [one], total: 1 }),
    "GET api/projects/p7": () => ({ ...one, revision: 4 }),
    "POST api/projects": () => ({ ...one, id: "p8" }),
    "POST api/graphs/import": () => ({
      kind: "onnx",
      name: "net",
      graph: perceptron(),
      dataset: null,
      settings: null,
      report: [
        { node: "a", op: "Relu", status: "understood", became: ["a"], message: "" },
        { node: "b", op: "Mystery", status: "missing", became: [], message: "unknown" },
      ],
    }),
    "PUT api/projects/p7": () => one,
    "DELETE api/projects/p7": () => ({}),
  });
});

function open() {
  const location = memoryLocation({ path: "/", record: true });
  renderPage(
    <Router hook={location.hook}>
      <HomePage />
    </Router>,
  );
  return location;
}
const writes = () => sent.filter((one) => one.method !== "GET");

describe("home page", () => {
  it("starts a project from a template and opens it", async () => {
    const user = userEvent.setup();
    const { history } = open();
    await user.click(await screen.findByRole("button", { name: "Start from Digits" }));
    await waitFor(() => expect(history.at(-1)).toBe("/projects/p8"));
    expect(writes()[0]?.body).toEqual({ name: "Digits", template: "mlp-digits" });
  });

  it("renames on the newest revision", async () => {
    const user = userEvent.setup();
    open();
    await user.click(await screen.findByRole("button", { name: "Actions for Mine" }));
    await user.click(await screen.findByRole("menuitem", { name: "Rename" }));
    const dialog = await screen.findByRole("dialog");
    const field = within(dialog).getByLabelText("Name");
    await user.clear(field);
    await user.type(field, "Ours{Enter}");
    await waitFor(() => expect(writes()).toMatchObject([{ method: "PUT", body: { revision: 4, name: "Ours" } }]));
  });

  it("deletes only after asking", async () => {
    const user = userEvent.setup();
    open();
    await user.click(await screen.findByRole("button", { name: "Actions for Mine" }));
    await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
    const dialog = await screen.findByRole("dialog");
    expect(writes()).toEqual([]);
    await user.click(within(dialog).getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(writes()).toMatchObject([{ method: "DELETE", path: "api/projects/p7" }]));
  });

  it("duplicates with data set and settings", async () => {
    const user = userEvent.setup();
    open();
    await user.click(await screen.findByRole("button", { name: "Actions for Mine" }));
    await user.click(await screen.findByRole("menuitem", { name: "Duplicate" }));
    await waitFor(() =>
      expect(writes()).toMatchObject([{ method: "POST", body: { name: "Mine (copy)", dataset: "digits" } }]),
    );
  });
});

describe("import", () => {
  it("says what became of each part, what is missing first, and makes a project when asked", async () => {
    const user = userEvent.setup();
    const { history } = open();
    await user.click(await screen.findByRole("button", { name: "Import" }));
    const dialog = await screen.findByRole("dialog");
    const make = within(dialog).getByRole("button", { name: "Open as a project" });
    expect((make as HTMLButtonElement).disabled).toBe(true);
    const input = document.querySelector<HTMLInputElement>('input[type="file"]');
    if (!input) throw new Error("no file input");
    await user.upload(input, new File(["model"], "net.onnx"));
    const rows = await within(dialog).findAllByRole("row");
    expect(rows[1]?.textContent).toContain("not understood");
    expect(within(dialog).getByText("1 not understood")).toBeTruthy();
    await user.click(make);
    await waitFor(() => expect(history.at(-1)).toBe("/projects/p8"));
    expect(writes().at(-1)).toMatchObject({ method: "POST", body: { name: "net", dataset: null } });
  });
});

describe("sketch", () => {
  it("draws every node and connection inside its box, side by side", () => {
    const graph = graphOf([
      node("data", "Input"),
      node("a", "Activation", "data"),
      node("b", "Activation", "data"),
      node("sum", "Concat", { arg0: "a", arg1: "b" }),
    ]);
    const { nodes, lines, box } = sketch(graph);
    expect(lines).toHaveLength(4);
    const [left, top, width, height] = box;
    for (const { x, y } of nodes) {
      expect(x).toBeGreaterThanOrEqual(left);
      expect(x).toBeLessThan(left + width);
      expect(y).toBeGreaterThanOrEqual(top);
      expect(y).toBeLessThan(top + height);
    }
    expect(new Set(nodes.map(({ x, y }) => `${x}/${y}`)).size).toBe(4);
  });
});
