import { ApiError } from "@/api/client";
import { checkGraph } from "@/api/graphs";

import type { Session, SessionState } from "./session";

/** An edit this long after the last question is asked about at once; in a burst, the pause after an edit is waited for. */
const QUIET_MS = 150;
const DEBOUNCE_MS = 30;
const RETRY_MS = 2000;

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

/** Asks the server about the drawing after every edit that matters; an answer to an old question is dropped. */
export function startChecker(session: Session): () => void {
  const { store } = session;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = new AbortController();
  let askedAt = 0;

  async function ask(): Promise<void> {
    asked = new AbortController();
    askedAt = Date.now();
    const { signal } = asked;
    const { graph, dataset, settings } = store.getState();
    try {
      const report = await checkGraph({ graph, dataset, batch_size: settings.batch_size }, signal);
      if (!signal.aborted) session.setReport(report);
    } catch (error) {
      if (signal.aborted) return;
      store.setState({ check: "failed" });
      if (error instanceof ApiError && (error.code === "offline" || error.status >= 500)) schedule(RETRY_MS);
    }
  }

  function schedule(delay: number): void {
    clearTimeout(timer);
    asked.abort();
    timer = setTimeout(() => void ask(), delay);
  }

  function onEdit(): void {
    if (Date.now() - askedAt < QUIET_MS) {
      schedule(DEBOUNCE_MS);
      return;
    }
    clearTimeout(timer);
    asked.abort();
    // Without a timer, so that the server works while the page draws the edit.
    void ask();
  }

  const stop = store.subscribe((now, before) => {
    if (matters(now, before)) onEdit();
  });
  schedule(0);
  return () => {
    stop();
    clearTimeout(timer);
    asked.abort();
  };
}
