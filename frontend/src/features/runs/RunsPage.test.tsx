import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";

import { fakeServer, renderPage } from "@/test/render";

import RunsPage from "./RunsPage";

const run = (number: number, change: object) => ({
  id: `r${number}`,
  number,
  name: `Run ${number}`,
  state: "completed",
  dataset: "digits",
  graph: { name: "LeNet", nodes: [] },
  settings: { optimizer: "adam" },
  created_at: "2026-01-01T00:00:00Z",
  started_at: null,
  ended_at: null,
  metrics: {},
  best: null,
  ...change,
});
const rowNames = (): string[] =>
  screen.getAllByRole("row").slice(1).map((row) => within(row).getByRole("link").textContent);

describe("RunsPage", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("sorts, filters and deletes after asking", async () => {
    let items = [run(1, { metrics: { val_loss: 0.2 } }), run(2, { metrics: { val_loss: 0.1 } }), run(3, { state: "failed" })];
    const calls = fakeServer({
      "GET api/runs": () => ({ items, total: items.length }),
      "DELETE api/runs/r2": () => {
        items = items.filter((one) => one.id !== "r2");
        return undefined;
      },
    });
    renderPage(<RunsPage />);
    await screen.findByRole("table", { name: "Runs" });
    expect(rowNames()).toEqual(["Run 3", "Run 2", "Run 1"]);
    await userEvent.click(screen.getByRole("button", { name: "Last loss" }));
    expect(rowNames()).toEqual(["Run 2", "Run 1", "Run 3"]);
    await userEvent.type(screen.getByLabelText("Find runs"), "failed");
    expect(rowNames()).toEqual(["Run 3"]);
    await userEvent.clear(screen.getByLabelText("Find runs"));

    await userEvent.click(screen.getByRole("button", { name: "Delete Run 2" }));
    expect(calls.some((call) => call.method === "DELETE")).toBe(false);
    const dialog = await screen.findByRole("dialog");
    await userEvent.click(within(dialog).getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(rowNames()).toEqual(["Run 1", "Run 3"]));
  });

  it("says what to do where there is none", async () => {
    fakeServer({ "GET api/runs": () => ({ items: [], total: 0 }) });
    renderPage(<RunsPage />);
    expect(await screen.findByText("No run yet")).toBeTruthy();
  });

  it("tells an error and offers to try again", async () => {
    fakeServer({});
    renderPage(<RunsPage />);
    expect(await screen.findByRole("button", { name: "Try again" })).toBeTruthy();
  });
});
