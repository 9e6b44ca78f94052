import { getRun, getRunSamples, getRunSeries, listRunEvents, runSocketUrl } from "@/api/runs";
import type { RunEvent, RunSeries } from "@/api/types";

import { RunStream } from "./events";
import type { RunHistory } from "./history";

/** Up to here a run is replayed event by event; beyond, its curves come as envelopes and only the end is replayed. */
const REPLAY_ALL = 5000;
const REPLAY_TAIL = 1000;
/** Buckets per curve: about two per pixel of a wide chart. */
export const SERIES_POINTS = 2000;
const FLUSH_MS = 100;
/** Redrawing very long curves takes a while, so they are drawn less often: one part in ten of the time at most. */
const POINTS_PER_MS = 100;

/** Events that change what the lists and the run's own page say. */
const notable: ReadonlySet<RunEvent["type"]> = new Set<RunEvent["type"]>(["state", "model", "plan", "change", "advice"]);

/** What is known of a run before it is followed. */
export interface Begin {
  /** The number of its last event, where there will be no more. */
  lastEvent: number | null;
  /** Its curves; whoever opens a page may have asked for them already. */
  series: () => Promise<RunSeries>;
}

/** Keeps `history` up to date with a run until the returned function is called. */
export function followRun(id: string, history: RunHistory, begin: Begin, onNotable: () => void): () => void {
  const aborter = new AbortController();
  let stream: RunStream | null = null;
  let waiting: RunEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  // One repaint for all events of a tenth of a second, however many frames they came in.
  const flush = (): void => {
    timer = undefined;
    const events = waiting;
    waiting = [];
    if (events.length === 0) return;
    history.apply(events);
    if (events.some((event) => notable.has(event.type))) onNotable();
  };
  // The curves do not wait for the pictures, which are looked for among all events.
  const loadSamples = async (): Promise<void> => {
    const samples = await getRunSamples(id, aborter.signal);
    if (samples.items.length > 0) history.setSamples(samples.items);
  };
  const load = async (series: Promise<RunSeries>): Promise<void> => {
    loadSamples().catch(ignoreAbort);
    const found = await series;
    if (!aborter.signal.aborted) history.setSeries(found);
  };
  const start = (after: number): void => {
    stream = new RunStream({
      after,
      openSocket: (last) => new WebSocket(runSocketUrl(id, last)),
      fetchEvents: (last) => listRunEvents(id, last, 1000, aborter.signal),
      onEvents: (events) => {
        waiting.push(...events);
        timer ??= setTimeout(flush, Math.max(FLUSH_MS, history.countPoints() / POINTS_PER_MS));
      },
      onGap: (_from, to) => {
        history.skipTo(to);
        load(getRunSeries(id, { points: SERIES_POINTS }, aborter.signal)).catch(ignoreAbort);
      },
      onStatus: (status) => {
        if (status === "ended") flush();
        history.setConnection(status);
        if (status === "ended") onNotable();
      },
    });
    stream.start();
  };
  const wake = (): void => stream?.wake();
  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);

  void findStart(id, history, begin, load, aborter.signal).then((after) => {
    if (!aborter.signal.aborted) start(after);
  });

  return () => {
    aborter.abort();
    stream?.stop();
    clearTimeout(timer);
    flush();
    window.removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", wake);
  };
}

/** Where the stream begins: at the start, near the end of a long run, or where this page left off. */
async function findStart(
  id: string,
  history: RunHistory,
  begin: Begin,
  load: (series: Promise<RunSeries>) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  const known = history.getSnapshot().lastSeq;
  if (known > 0) return known;
  try {
    const last = begin.lastEvent ?? (await getRun(id, signal)).last_event;
    if (last <= REPLAY_ALL) return 0;
    await load(begin.series());
    return last - REPLAY_TAIL;
  } catch {
    return 0; // the stream itself waits for the server to come back
  }
}

function ignoreAbort(error: unknown): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  // The curves stay as they are; the next gap, or a reload, asks again.
}
