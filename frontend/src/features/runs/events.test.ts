import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { RunEvent, RunEventsPage, RunFrame } from "@/api/types";

import { RunStream, type SocketLike, type StreamStatus } from "./events";

class FakeSocket implements SocketLike {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  onopen: ((event: Event) => void) | null = null;
  readyState: number = WebSocket.CONNECTING;
  closed = false;

  constructor(readonly after: number) {}

  close(): void {
    if (this.readyState === WebSocket.CONNECTING) throw new Error("closed before the connection is established");
    this.readyState = WebSocket.CLOSED;
    this.closed = true;
  }

  open(): void {
    this.readyState = WebSocket.OPEN;
    this.onopen?.(new Event("open"));
  }

  send(frame: RunFrame | string): void {
    if (this.readyState === WebSocket.CONNECTING) this.open();
    const data = typeof frame === "string" ? frame : JSON.stringify(frame);
    this.onmessage?.(new MessageEvent("message", { data }));
  }

  cut(code = 1006): void {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.({ code, reason: "" } as CloseEvent);
  }
}

const event = (seq: number): RunEvent => ({
  seq,
  time: "2026-01-01T00:00:00Z",
  type: "log",
  data: { level: "info", message: `line ${seq}` },
});
const events = (from: number, to: number): RunEvent[] =>
  Array.from({ length: to - from + 1 }, (_, place) => event(from + place));
const frame = (from: number, to: number): RunFrame => ({ type: "events", events: events(from, to) });

function setUp(after = 0) {
  const sockets: FakeSocket[] = [];
  const seen: number[] = [];
  const gaps: [number, number][] = [];
  const statuses: StreamStatus[] = [];
  const fetchEvents = vi.fn<(after: number) => Promise<RunEventsPage>>();
  fetchEvents.mockImplementation((from) => Promise.resolve({ events: [], next: from, gap: null }));
  const stream = new RunStream({
    after,
    openSocket: (last) => {
      const socket = new FakeSocket(last);
      sockets.push(socket);
      return socket;
    },
    fetchEvents,
    onEvents: (list) => seen.push(...list.map((one) => one.seq)),
    onGap: (from, to) => gaps.push([from, to]),
    onStatus: (status) => statuses.push(status),
    random: () => 1,
  });
  const socket = (): FakeSocket => {
    const newest = sockets.at(-1);
    if (!newest) throw new Error("no socket was opened");
    return newest;
  };
  return { stream, sockets, seen, gaps, statuses, fetchEvents, socket };
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, place) => place + 1);

describe("RunStream", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("replays, streams and ends", () => {
    const { stream, socket, seen, statuses } = setUp();
    stream.start();
    expect(socket().after).toBe(0);
    socket().send(frame(1, 3));
    socket().send(frame(4, 4));
    socket().send({ type: "end" });
    expect(seen).toEqual(upTo(4));
    expect(statuses).toEqual(["connecting", "live", "ended"]);
    expect(socket().closed).toBe(true);
  });

  it("goes on after a cut from the last event it has", () => {
    const { stream, sockets, socket, seen, statuses } = setUp();
    stream.start();
    socket().send(frame(1, 3));
    socket().cut();
    expect(statuses.at(-1)).toBe("waiting");
    vi.advanceTimersByTime(250);
    expect(sockets).toHaveLength(2);
    expect(socket().after).toBe(3);
    socket().send(frame(4, 6));
    expect(seen).toEqual(upTo(6));
    expect(statuses.at(-1)).toBe("live");
  });

  it("waits longer after each failure, and begins anew once it is connected", () => {
    const { stream, sockets, socket } = setUp();
    stream.start();
    for (const wait of [250, 500, 1000]) {
      socket().cut();
      vi.advanceTimersByTime(wait - 1);
      const before = sockets.length;
      vi.advanceTimersByTime(1);
      expect(sockets.length).toBe(before + 1);
    }
    socket().send(frame(1, 1));
    socket().cut();
    vi.advanceTimersByTime(250);
    expect(sockets).toHaveLength(5);
  });

  it("does not wait when the network comes back", () => {
    const { stream, sockets, socket } = setUp();
    stream.start();
    socket().cut();
    stream.wake();
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(60_000 - 36_000); // the old timer opens no third
    expect(sockets).toHaveLength(2);
  });

  it("drops what it has seen already", () => {
    const { stream, socket, seen } = setUp();
    stream.start();
    socket().send(frame(1, 4));
    socket().send(frame(2, 5));
    socket().send(frame(5, 5));
    expect(seen).toEqual(upTo(5));
  });

  it("comes back at once when it was too slow", () => {
    const { stream, sockets, socket } = setUp();
    stream.start();
    socket().send(frame(1, 9));
    socket().cut(4408);
    vi.advanceTimersByTime(0);
    expect(sockets).toHaveLength(2);
    expect(socket().after).toBe(9);
  });

  it("does not come back where it is refused", () => {
    const { stream, sockets, socket, statuses } = setUp();
    stream.start();
    socket().cut(4404);
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
    expect(statuses.at(-1)).toBe("refused");
  });

  it("fills a hole by REST and keeps the order", async () => {
    const { stream, socket, seen, fetchEvents } = setUp();
    fetchEvents.mockImplementation((after) =>
      Promise.resolve({ events: after < 6 ? events(after + 1, 6) : [], next: 6, gap: null }),
    );
    stream.start();
    socket().send(frame(1, 2));
    socket().send(frame(5, 7));
    socket().send(frame(8, 8));
    expect(seen).toEqual([1, 2]);
    await vi.runOnlyPendingTimersAsync();
    expect(seen).toEqual(upTo(8));
    expect(fetchEvents).toHaveBeenCalledWith(2);
  });

  it("reports a hole that nobody can fill, and goes on", async () => {
    const { stream, socket, seen, gaps } = setUp();
    stream.start();
    socket().send(frame(1, 2));
    socket().send(frame(6, 7));
    await vi.advanceTimersByTimeAsync(0);
    expect(gaps).toEqual([[3, 5]]);
    expect(seen).toEqual([1, 2, 6, 7]);
  });

  it("passes a gap on and continues behind it", () => {
    const { stream, socket, seen, gaps } = setUp();
    stream.start();
    socket().send({ type: "gap", from: 1, to: 100 });
    socket().send(frame(101, 102));
    expect(gaps).toEqual([[1, 100]]);
    expect(seen).toEqual([101, 102]);
  });

  it("asks for what a heartbeat says it has missed", async () => {
    const { stream, socket, seen, fetchEvents } = setUp();
    fetchEvents.mockImplementation((after) =>
      Promise.resolve({ events: after < 4 ? events(after + 1, 4) : [], next: 4, gap: null }),
    );
    stream.start();
    socket().send(frame(1, 2));
    socket().send({ type: "heartbeat", last: 4 });
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual(upTo(4));
  });

  it("reconnects when REST fails while it fills a hole", async () => {
    const { stream, sockets, socket, fetchEvents } = setUp();
    fetchEvents.mockRejectedValue(new Error("offline"));
    stream.start();
    socket().send(frame(1, 2));
    socket().send(frame(5, 5));
    await vi.advanceTimersByTimeAsync(250);
    expect(sockets).toHaveLength(2);
    expect(socket().after).toBe(2);
  });

  it("takes silence for a dead line", () => {
    const { stream, sockets, socket } = setUp();
    stream.start();
    socket().send({ type: "heartbeat", last: 0 });
    vi.advanceTimersByTime(25_000 + 250);
    expect(sockets).toHaveLength(2);
    expect(sockets[0]?.closed).toBe(true);
  });

  it("drops a line that talks nonsense", () => {
    const { stream, sockets, socket } = setUp();
    stream.start();
    socket().send("not JSON");
    vi.advanceTimersByTime(250);
    expect(sockets).toHaveLength(2);
  });

  it("closes a socket that is still connecting once it is open", () => {
    const { stream, socket, seen, sockets } = setUp();
    stream.start();
    stream.stop();
    expect(socket().closed).toBe(false);
    socket().open();
    expect(socket().closed).toBe(true);
    stream.start();
    expect(sockets).toHaveLength(2);
    socket().send(frame(1, 2));
    expect(seen).toEqual([1, 2]);
  });

  it("is silent once stopped", () => {
    const { stream, sockets, socket, seen } = setUp();
    stream.start();
    const old = socket();
    old.open();
    stream.stop();
    old.onmessage?.(new MessageEvent("message", { data: JSON.stringify(frame(1, 2)) }));
    old.cut();
    vi.advanceTimersByTime(60_000);
    expect(seen).toEqual([]);
    expect(sockets).toHaveLength(1);
  });
});
