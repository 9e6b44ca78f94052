import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { GraphNode, TaskChoice } from "@/api/types";
import { fakeServer, renderPage } from "@/test/render";

import { asSetting, blank, lacks, nextTurn, nodeChoices, withKind } from "./task";
import { TaskFields } from "./TaskFields";

const node = (id: string, op: string): GraphNode => ({ id, op, params: {}, inputs: {} });
const nodes = [node("data", "Input"), node("code", "FullyConnected"), node("image", "Activation"), node("loss", "LinearRegressionOutput")];
const isLoss = (op: string): boolean => op.endsWith("Output");

describe("tasks", () => {
  it("are whole once what they need is named", () => {
    expect(lacks(blank)).toEqual([]);
    expect(lacks({ ...blank, kind: "reconstruction" })).toEqual(["output"]);
    expect(lacks({ ...blank, kind: "generation", latent: "code" })).toEqual(["output"]);
    expect(lacks({ ...blank, kind: "clustering", latent: "code" })).toEqual([]);
    expect(lacks({ ...blank, turns: [{ name: "a", losses: ["loss"], weights: [], rate: 1 }] })).toEqual(["turns"]);
    const turn = { name: "a", losses: ["loss"], weights: ["*"], rate: 1 };
    expect(lacks({ ...blank, turns: [turn, turn] })).toEqual(["turns"]);
    expect(lacks({ ...blank, turns: [turn, { ...turn, name: "b" }] })).toEqual([]);
  });
  it("keep the nodes that another kind names too", () => {
    const made: TaskChoice = { ...blank, kind: "generation", latent: "code", mean: "mean", output: "image" };
    expect(withKind(made, "clustering")).toEqual({ ...blank, kind: "clustering", latent: "code", output: "image", clusters: 10 });
    expect(withKind(made, "supervised")).toEqual(blank);
  });
  it("that only tell labels are none", () => {
    expect(asSetting(blank)).toBeNull();
    expect(asSetting({ ...blank, kind: "language" })).toEqual({ ...blank, kind: "language" });
  });
  it("choose among nodes by what they are", () => {
    expect(nodeChoices(nodes, isLoss)).toEqual({ inner: ["code", "image"], losses: ["loss"] });
    expect(nextTurn([{ ...nextTurn([]), name: "turn2" }]).name).toBe("turn3");
  });
});

describe("TaskFields", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("tells of a task once it is whole, and what is missing till then", async () => {
    fakeServer({ "GET api/operators": () => ({ operators: [{ name: "LinearRegressionOutput", is_loss: true }], categories: [] }) });
    const onChange = vi.fn();
    renderPage(<TaskFields task={null} nodes={nodes} onChange={onChange} />);
    await userEvent.click(screen.getByRole("combobox", { name: "It learns to" }));
    await userEvent.click(await screen.findByRole("option", { name: "Give its input back" }));
    expect(onChange).not.toHaveBeenCalled();
    expect(screen.getByRole("status").textContent).toContain("marked with a star");
    await userEvent.click(screen.getByRole("combobox", { name: "Output node" }));
    await userEvent.click(await screen.findByRole("option", { name: "image" }));
    expect(onChange).toHaveBeenCalledWith({ ...blank, kind: "reconstruction", output: "image" });
  });
});
