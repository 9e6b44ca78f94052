import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { CheckReport, Project } from "@/api/types";
import { palette, project, report } from "@/test/fixtures";

import { startChecker } from "./checker";
import { startSaver } from "./saver";
import { createSession, type Session } from "./session";

interface Call {
  method: string;
  path: string;
  body: Record<string, unknown>;
  signal: AbortSignal | undefined;
  answer: (body: unknown, status?: number) => void;
  drop: () => void;
}

let calls: Call[];
let session: Session;

/** Every request waits until the test answers it. */
function fakeFetch(url: string, init: RequestInit): Promise<Response> {
  return new Promise((resolve, reject) => {
    calls.push({
      method: init.method ?? "GET",
      path: new URL(url).pathname,
      body: typeof init.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : {},
      signal: init.signal ?? undefined,
      answer: (body, status = 200) => resolve(new Response(JSON.stringify(body), { status })),
      drop: () => reject(new TypeError("network")),
    });
    init.signal?.addEventListener("abort", () => reject(new DOMException("gone", "AbortError")));
  });
}

beforeEach(() => {
  calls = [];
  vi.useFakeTimers();
  vi.stubGlobal("fetch", fakeFetch);
  session = createSession(project(), palette);
});
afterEach(() => {
  vi.useRealTimers();
});

const state = () => session.store.getState();
const units = (num_hidden: number) =>
  session.act("Set", [{ type: "set-params", id: "fc1", params: { num_hidden } }]);
const call = (at: number): Call => {
  const found = calls[at];
  if (!found) throw new Error(`no call ${at}`);
  return found;
};
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("checker", () => {
  const totals = (parameters: number): CheckReport =>
    report({ totals: { parameters, flops: 0, activation_bytes: 0, weight_bytes: 0 } });

  it("asks at once, and about the last of several edits when the answer is there", async () => {
    const stop = startChecker(session);
    expect(calls).toHaveLength(1);
    expect(call(0).body).toMatchObject({ dataset: "digits", batch_size: 32 });
    call(0).answer(totals(1));
    await wait(0);
    units(1);
    expect(calls).toHaveLength(2);
    units(2);
    units(3);
    await wait(1000);
    expect(calls).toHaveLength(2);
    call(1).answer(totals(2));
    await wait(0);
    expect(calls).toHaveLength(3);
    expect(JSON.stringify(call(2).body["graph"])).toContain('"num_hidden":3');
    stop();
  });

  it("drops the answer to an old question", async () => {
    const stop = startChecker(session);
    units(1);
    call(0).answer(totals(111));
    await wait(0);
    expect(state().report).toBeNull();
    call(1).answer(totals(222));
    await wait(0);
    expect(state().report?.totals.parameters).toBe(222);
    expect(calls).toHaveLength(2);
    stop();
  });

  it("gives up a question that is not answered, and asks no more once the project is left", async () => {
    const stop = startChecker(session);
    units(1);
    await wait(20_000);
    expect(call(0).signal?.aborted).toBe(true);
    expect(calls).toHaveLength(2);
    units(2);
    stop();
    expect(call(1).signal?.aborted).toBe(true);
    await wait(30_000);
    expect(calls).toHaveLength(2);
    expect(state().check).toBe("waiting");
  });

  it("does not ask when a node only moves, and tries again when the server is away", async () => {
    const stop = startChecker(session);
    await wait(0);
    session.act("Move", [{ type: "move-nodes", positions: { fc1: [9, 9] } }]);
    await wait(100);
    expect(calls).toHaveLength(1);
    call(0).drop();
    await wait(0);
    expect(state().check).toBe("failed");
    await wait(2000);
    expect(calls).toHaveLength(2);
    stop();
    await wait(5000);
    expect(calls).toHaveLength(2);
  });
});

describe("saver", () => {
  const saved = (at: number, revision: number): Project => ({ ...project(), ...call(at).body, revision });

  it("saves a moment after the last change, on the last revision", async () => {
    const saver = startSaver(session);
    units(1);
    await wait(400);
    units(2);
    expect(state().save).toBe("dirty");
    await wait(700);
    expect(calls.map(({ method, body }) => [method, body["revision"]])).toEqual([["PUT", 1]]);
    expect(state().save).toBe("saving");
    call(0).answer(saved(0, 2));
    await wait(0);
    expect(state()).toMatchObject({ save: "saved", revision: 2 });
    saver.stop();
  });

  it("does not lose a change made while saving", async () => {
    const saver = startSaver(session);
    units(1);
    const done = saver.saveNow();
    units(2);
    call(0).answer(saved(0, 2));
    await wait(0);
    expect(call(1).body["revision"]).toBe(2);
    expect(JSON.stringify(call(1).body["graph"])).toContain('"num_hidden":2');
    call(1).answer(saved(1, 3));
    await done;
    expect(state()).toMatchObject({ save: "saved", revision: 3 });
    saver.stop();
  });

  it("stops at a conflict until a version is chosen", async () => {
    const saver = startSaver(session);
    units(1);
    const refused = expect(saver.saveNow()).rejects.toThrow("stale");
    call(0).answer({ error: { code: "conflict", message: "stale" } }, 409);
    await refused;
    expect(state().save).toBe("conflict");
    units(2);
    await wait(5000);
    expect(calls).toHaveLength(1);
    await expect(saver.saveNow()).rejects.toThrow("changed elsewhere");

    const kept = saver.keepMine();
    call(1).answer(project({ revision: 7 }));
    await wait(0);
    expect(call(2).body["revision"]).toBe(7);
    call(2).answer(saved(2, 8));
    await kept;
    expect(state()).toMatchObject({ save: "saved", revision: 8 });
    saver.stop();
  });

  it("takes the other version without saving it back", async () => {
    const saver = startSaver(session);
    units(1);
    saver.saveNow().catch(() => undefined);
    call(0).answer({ error: { code: "conflict", message: "stale" } }, 409);
    await wait(0);
    const taken = saver.takeTheirs();
    call(1).answer(project({ revision: 7, name: "Theirs" }));
    await taken;
    await wait(5000);
    expect(calls).toHaveLength(2);
    expect(state()).toMatchObject({ save: "saved", revision: 7, name: "Theirs" });
    saver.stop();
  });

  it("tries again after silence", async () => {
    const saver = startSaver(session);
    units(1);
    await wait(700);
    call(0).drop();
    await wait(0);
    expect(state().save).toBe("failed");
    await wait(3000);
    expect(calls).toHaveLength(2);
    call(1).answer(saved(1, 2));
    await wait(0);
    expect(state().save).toBe("saved");
    saver.stop();
  });
});
