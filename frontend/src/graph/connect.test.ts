import { describe, expect, it } from "vitest";

import { graphOf, node, operators, perceptron } from "@/test/fixtures";

import { judgeConnection } from "./connect";
import { inputPorts, outputName, outputNames, outputReference, portForNew } from "./ports";

const judge = (from: string, to: string, port = "data", graph = perceptron()) =>
  judgeConnection(graph, operators, { from, to, port });

describe("judgeConnection", () => {
  it("allows a forward connection, and replacing one", () => {
    expect(judge("data", "fc2")).toEqual({ ok: true });
    expect(judge("fc1", "act1")).toEqual({ ok: true });
  });

  it("allows an input as the label of a loss", () => {
    expect(judge("data", "softmax", "label")).toEqual({ ok: true });
  });

  it.each([
    ["itself", "fc1", "fc1", "data", /cannot feed itself/],
    ["a cycle", "softmax", "fc1", "data", /depends on fc1: this would close a cycle/],
    ["a port that is not there", "data", "fc2", "kernel", /has no input “kernel”/],
    ["an end that is gone", "gone", "fc2", "data", /gone/],
  ])("refuses %s and says why", (_what, from, to, port, reason) => {
    const verdict = judge(from, to, port);
    expect(verdict.ok).toBe(false);
    if (!verdict.ok) expect(verdict.reason).toMatch(reason);
  });

  it("refuses a running state", () => {
    const graph = graphOf([node("a", "Input"), node("bn", "BatchNorm")]);
    expect(judge("a", "bn", "moving_mean", graph)).toMatchObject({ reason: /running state/ });
  });
});

describe("ports", () => {
  it("hides weights until they are connected", () => {
    const fc = operators.get("FullyConnected");
    const names = (inputs: Record<string, string>) => inputPorts(node("f", "FullyConnected", inputs), fc).map((p) => p.name);
    expect(names({})).toEqual(["data"]);
    expect(names({ weight: "w" })).toEqual(["data", "weight"]);
  });

  it("always has one free port on a variadic operator", () => {
    const concat = operators.get("Concat");
    const names = (inputs: Record<string, string>) => inputPorts(node("c", "Concat", inputs), concat).map((p) => p.name);
    expect(names({})).toEqual(["arg0", "arg1"]);
    expect(names({ arg0: "a", arg2: "b" })).toEqual(["arg0", "arg1", "arg2", "arg3"]);
    expect(portForNew(node("c", "Concat", { arg0: "a" }), concat)).toBe("arg1");
  });

  it("shows the ports in use of an operator it does not know", () => {
    expect(inputPorts(node("x", "Mystery", { lhs: "a" }), undefined).map((port) => port.name)).toEqual(["lhs"]);
  });

  it("writes the first output bare and the others by name", () => {
    const names = outputNames(operators.get("split"), undefined);
    expect(outputReference(names, "first")).toBeNull();
    expect(outputReference(names, "second")).toBe("second");
    expect(outputName(names, "1")).toBe("second");
    expect(outputName(names, null)).toBe("first");
  });

  it("believes the check about how many outputs there are", () => {
    const facts = { name: "piece2", shape: [2], dtype: "float32" };
    const checked = { op: "split", inputs: {}, outputs: [facts], weights: [], states: [], parameters: 0, flops: 0, bytes: 0, receptive: [] };
    expect(outputNames(operators.get("split"), checked)).toEqual(["piece2"]);
  });
});
