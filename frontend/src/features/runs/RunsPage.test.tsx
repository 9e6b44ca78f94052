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
  graph_name: "LeNet",
  sweep: null,
  settings: { optimizer: "adam" },
  created_at: "2026-01-01T00:00:00Z",
  started_at: null,
  ended_at: null,
  metrics: {},
  best: null,
  ranges: {},
  tags: [],
  notes: "",
  deleted_at: null,
  ...change,
});
const rowNames = (): string[] =>
  screen.getAllByRole("row").slice(1).map((row) => within(row).getByRole("link").textContent);

describe("RunsPage", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("sorts, filters and deletes", async () => {
    let items = [run(1, { metrics: { val_loss: 0.2 } }), run(2, { metrics: { val_loss: 0.1 } }), run(3, { state: "failed" })];
    const calls = fakeServer({
      "GET api/runs": () => ({ items, total: items.length }),
      "GET api/sweeps": () => ({ items: [], total: 0 }),
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
    await waitFor(() => expect(rowNames()).toEqual(["Run 1", "Run 3"]));
    expect(calls.filter((call) => call.method === "DELETE").map((call) => call.path)).toEqual(["api/runs/r2"]);
  });

  it("compares what is chosen, and shows the columns that are wanted", async () => {
    localStorage.clear();
    fakeServer({ "GET api/runs": () => ({ items: [run(1, { metrics: { val_loss: 0.2 }, ranges: { val_loss: [0.1, 9] } }), run(2, {})], total: 2 }) });
    renderPage(<RunsPage />);
    await userEvent.click(await screen.findByRole("checkbox", { name: "Choose Run 1" }));
    await userEvent.click(screen.getByRole("checkbox", { name: "Choose Run 2" }));
    expect(screen.getByRole("link", { name: "Compare" }).getAttribute("href")).toBe("/runs/compare?runs=r1,r2");
    await userEvent.click(screen.getByRole("button", { name: "Columns" }));
    await userEvent.click(await screen.findByRole("checkbox", { name: "Validation loss, greatest" }));
    expect(screen.getByRole("button", { name: "Validation loss, greatest" })).toBeTruthy();
    expect(screen.getByText("9")).toBeTruthy();
    localStorage.clear();
  });

  it("draws of many rows those in sight", async () => {
    const many = Array.from({ length: 150 }, (_, i) => run(i + 1, {}));
    fakeServer({ "GET api/runs": () => ({ items: many, total: 150 }) });
    renderPage(<RunsPage />);
    const table = await screen.findByRole("table", { name: "Runs" });
    expect(table.getAttribute("aria-rowcount")).toBe("151");
    expect(screen.getAllByRole("row").length).toBeLessThan(80);
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
