import type { RunEvent, RunEventsPage, RunFrame } from "@/api/types";

/** The part of a WebSocket the stream uses, so that a test can bring its own. */
export interface SocketLike {
  readonly readyState: number;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  close: () => void;
}

/** `waiting`: cut, a new try is due. `refused`: the server will not have us, trying again is useless. */
export type StreamStatus = "connecting" | "live" | "waiting" | "ended" | "refused" | "closed";

export interface StreamOptions {
  /** The last event that is known already: 0 replays the whole run. */
  after: number;
  openSocket: (after: number) => SocketLike;
  /** The same events by REST, for holes. */
  fetchEvents: (after: number) => Promise<RunEventsPage>;
  /** Events in order, each exactly once. */
  onEvents: (events: RunEvent[]) => void;
  /** Events that can no longer be had: their effect has to be read elsewhere. */
  onGap: (from: number, to: number) => void;
  onStatus: (status: StreamStatus) => void;
  /** 0 to 1, spreads the tries of many pages. */
  random?: () => number;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
/** The server says something every 10 s; twice missed and a half means the line is dead. */
const SILENCE_MS = 25_000;
/** We fell behind and were closed for it: nothing is wrong, go on at once. */
const SLOW_CONSUMER = 4408;
const REFUSALS = new Set([1008, 4403, 4404]);
/** `WebSocket.CONNECTING`. */
const CONNECTING = 0;

/** Follows one run over a WebSocket: replays, survives cuts, drops duplicates and fills holes. */
export class RunStream {
  private last: number;
  private socket: SocketLike | null = null;
  private status: StreamStatus = "closed";
  private failures = 0;
  private filling = false;
  private held: RunEvent[] = [];
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: StreamOptions) {
    this.last = options.after;
  }

  /** The number of the last event that was passed on. */
  get lastSeq(): number {
    return this.last;
  }

  start(): void {
    if (this.socket) return;
    clearTimeout(this.retryTimer);
    this.setStatus("connecting");
    const socket = this.options.openSocket(this.last);
    this.socket = socket;
    socket.onmessage = (event) => {
      if (this.socket === socket) this.read(event.data);
    };
    socket.onclose = (event) => {
      if (this.socket === socket) this.lose(event.code);
    };
    this.listenForSilence();
  }

  stop(): void {
    this.drop();
    clearTimeout(this.retryTimer);
    this.setStatus("closed");
  }

  /** The network is back or the page is looked at again: do not sit out the wait. */
  wake(): void {
    if (this.status !== "waiting") return;
    this.failures = 0;
    this.start();
  }

  private setStatus(status: StreamStatus): void {
    if (this.status === status) return;
    this.status = status;
    this.options.onStatus(status);
  }

  private drop(): void {
    clearTimeout(this.silenceTimer);
    const socket = this.socket;
    this.socket = null;
    this.held = [];
    this.filling = false;
    if (socket) closeSocket(socket);
  }

  private lose(code: number): void {
    this.drop();
    if (this.status === "ended") return;
    if (REFUSALS.has(code)) {
      this.setStatus("refused");
      return;
    }
    this.setStatus("waiting");
    const wait = code === SLOW_CONSUMER ? 0 : this.nextWait();
    this.retryTimer = setTimeout(() => this.start(), wait);
  }

  private nextWait(): number {
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures);
    this.failures += 1;
    const random = this.options.random ?? Math.random;
    return longest * (0.5 + random() / 2);
  }

  private listenForSilence(): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => this.lose(0), SILENCE_MS);
  }

  private read(data: unknown): void {
    const frame = parseFrame(data);
    if (!frame) {
      this.lose(0);
      return;
    }
    this.listenForSilence();
    this.failures = 0;
    if (this.status === "connecting") this.setStatus("live");
    switch (frame.type) {
      case "events":
        this.take(frame.events);
        return;
      case "gap":
        this.skip(frame.from, frame.to);
        return;
      case "heartbeat":
        if (frame.last > this.last) void this.fill();
        return;
      case "end":
        if (this.filling) return; // the hole is closed first; the server ends the next connection again
        this.setStatus("ended");
        this.drop();
        return;
    }
  }

  private skip(from: number, to: number): void {
    if (to <= this.last) return;
    this.last = to;
    this.options.onGap(from, to);
  }

  private take(events: readonly RunEvent[]): void {
    if (this.filling) {
      this.held.push(...events);
      return;
    }
    const fresh: RunEvent[] = [];
    for (const [place, event] of events.entries()) {
      if (event.seq <= this.last) continue;
      if (event.seq > this.last + 1) {
        this.deliver(fresh);
        this.held.push(...events.slice(place));
        void this.fill();
        return;
      }
      this.last = event.seq;
      fresh.push(event);
    }
    this.deliver(fresh);
  }

  private deliver(events: RunEvent[]): void {
    if (events.length > 0) this.options.onEvents(events);
  }

  /** Reads what is missing by REST, then goes on with what arrived meanwhile. */
  private async fill(): Promise<void> {
    if (this.filling) return;
    this.filling = true;
    const socket = this.socket;
    try {
      for (;;) {
        const page = await this.options.fetchEvents(this.last);
        if (this.socket !== socket) return;
        if (page.gap) this.skip(page.gap[0], page.gap[1]);
        const fresh = page.events.filter((event) => event.seq > this.last);
        const newest = fresh.at(-1);
        if (!newest) break;
        this.last = newest.seq;
        this.deliver(fresh);
        const next = this.held.find((event) => event.seq > this.last);
        if (next?.seq === this.last + 1) break;
      }
    } catch {
      // A new connection replays from the last event that is known.
      if (this.socket === socket) this.lose(0);
      return;
    }
    this.filling = false;
    const held = this.held;
    this.held = [];
    const first = held.find((event) => event.seq > this.last);
    // What REST does not know either is never coming; a jump is better than a stream that stands still.
    if (first && first.seq > this.last + 1) this.skip(this.last + 1, first.seq - 1);
    this.take(held);
  }
}

/** Browsers complain of a socket that is closed before it is open: that one is closed as soon as it is. */
function closeSocket(socket: SocketLike): void {
  if (socket.readyState === CONNECTING) socket.onopen = () => socket.close();
  else socket.close();
}

function parseFrame(data: unknown): RunFrame | null {
  if (typeof data !== "string") return null;
  try {
    const frame = JSON.parse(data) as Partial<RunFrame> | null;
    return frame && typeof frame.type === "string" ? (frame as RunFrame) : null;
  } catch {
    return null;
  }
}
