import { describe, expect, it } from "vitest";

import type { ArchiveParts } from "@/api/types";

import { bytesOf, choiceOf, fileName, isArchive, startPicked, sweepsOf, toggle } from "./choice";

const parts: ArchiveParts = {
  versions: 3,
  datasets: [{ id: "d", title: "Mine", origin: "upload", bytes: 1000 }],
  runs: [
    { id: "a", number: 1, name: "Run 1", state: "completed", packable: true, events: 10, bytes: 50, checkpoint_bytes: 7000, best: null, model: { name: "net", version: 1 } },
    { id: "b", number: 2, name: "Run 2", state: "running", packable: false, events: 10, bytes: 50, checkpoint_bytes: 7000, best: null, model: null },
  ],
  sweeps: [
    { id: "s", number: 1, name: "Rates", packable: true, runs: ["a"] },
    { id: "w", number: 2, name: "Sizes", packable: false, runs: ["b"] },
  ],
  models: [{ name: "net", version: 1, run: "a", bytes: 300 }],
};

describe("what goes into a project's file", () => {
  it("is everything that is done, without checkpoints", () => {
    const picked = startPicked(parts);
    expect(choiceOf(parts, picked)).toMatchObject({ runs: ["a"], data: true, checkpoints: false });
    expect(choiceOf(parts, picked).models).toHaveLength(1);
    expect(bytesOf(parts, picked)).toBe(50 + 200 + 300 + 1000);
  });

  it("is what was chosen", () => {
    const picked = startPicked(parts);
    const less = { ...picked, runs: toggle(picked.runs, "a"), models: toggle(picked.models, "net:1"), data: false };
    expect(choiceOf(parts, less)).toEqual({ runs: [], models: [], data: false, checkpoints: false });
    expect(bytesOf(parts, less)).toBe(0);
    expect(bytesOf(parts, { ...picked, checkpoints: true })).toBe(8550);
  });

  it("takes a sweep along with its runs, unless it is at work", () => {
    const picked = startPicked(parts);
    expect(sweepsOf(parts, picked)).toEqual({ along: ["Rates"], atWork: ["Sizes"] });
    expect(sweepsOf(parts, { ...picked, runs: new Set() }).along).toEqual([]);
  });

  it("has a name that any disk takes", () => {
    expect(fileName(" My net: v2? ")).toBe("my-net-v2.netwright");
    expect(fileName("手写 数字")).toBe("手写-数字.netwright");
    expect(fileName("???")).toBe("project.netwright");
    expect(isArchive(new File([], "a.NETWRIGHT"))).toBe(true);
    expect(isArchive(new File([], "a.onnx"))).toBe(false);
  });
});
