import { ApiError } from "@/api/client";
import { checkGraph } from "@/api/graphs";

import type { Session, SessionState } from "./session";

const RETRY_MS = 2000;
/** A server that has not answered by then will not. */
const PATIENCE_MS = 20_000;

/** Does this change matter to shapes? Moving a node does not. */
function matters(now: SessionState, before: SessionState): boolean {
  return (
    now.graph.nodes !== before.graph.nodes ||
    now.graph.outputs !== before.graph.outputs ||
    now.graph.groups !== before.graph.groups ||
    now.dataset !== before.dataset ||
    now.settings.batch_size !== before.settings.batch_size
  );
}

/**
 * Asks the server about the drawing after every edit that matters, at once, so that it works while the page draws the
 * edit. One question at a time: what was edited meanwhile is asked about when the answer is there, which is then of an
 * old drawing and dropped. So a quick server is asked about each key, a slow one about the last.
 */
export function startChecker(session: Session): () => void {
  const { store } = session;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = new AbortController();
  let isAsking = false;
  let isStale = false;
  let isStopped = false;

  async function askOnce(): Promise<void> {
    isStale = false;
    asked = new AbortController();
    const { signal } = asked;
    const patience = setTimeout(() => asked.abort(new DOMException("", "TimeoutError")), PATIENCE_MS);
    const { graph, dataset, settings } = store.getState();
    try {
      const report = await checkGraph({ graph, dataset, batch_size: settings.batch_size }, signal);
      if (!isOver()) session.setReport(report);
    } catch (error) {
      if (!isOver()) fail(error);
    }
    clearTimeout(patience);
  }

  /** Read anew after each wait. */
  const isOver = (): boolean => isStale || isStopped;

  function fail(error: unknown): void {
    store.setState({ check: "failed" });
    const isSilent = !(error instanceof ApiError) || error.code === "offline" || error.status >= 500;
    if (isSilent) timer = setTimeout(askAnew, RETRY_MS);
  }

  async function ask(): Promise<void> {
    isAsking = true;
    do await askOnce();
    while (isStale && !isStopped);
    isAsking = false;
  }

  function askAnew(): void {
    clearTimeout(timer);
    if (isAsking) isStale = true;
    else void ask();
  }

  const stop = store.subscribe((now, before) => {
    if (matters(now, before)) askAnew();
  });
  askAnew();
  return () => {
    isStopped = true;
    stop();
    clearTimeout(timer);
    asked.abort();
  };
}
