import { createStore as openStore, del, entries, get, set, type UseStore } from "idb-keyval";

import type { Project } from "@/api/types";
import type { History } from "@/graph/history";
import { isSame } from "@/shared/same";

import type { Drawing, Session, SessionState } from "./session";

/** What a tab keeps of an open project for its next load: undo, and edits that had not reached the server. */
export interface Kept {
  /** The server's revision that the drawing was made on. */
  revision: number;
  saved: boolean;
  drawing: Drawing;
  history: History<Drawing>;
  time: number;
}

const DEBOUNCE_MS = 250;
const MOST_STEPS = 50;
const MOST_AGE_MS = 14 * 24 * 3600 * 1000;
const TAB = "netwright-tab";

let opened: UseStore | null = null;

/** Null where the browser keeps nothing, as in some private windows. */
function storage(): UseStore | null {
  if (typeof indexedDB === "undefined") return null;
  return (opened ??= openStore("netwright", "history"));
}

/** Two tabs on one project have a history each; a reload stays in its tab. */
function keyOf(projectId: string): string {
  let tab = sessionStorage.getItem(TAB);
  if (tab === null) sessionStorage.setItem(TAB, (tab = crypto.randomUUID()));
  return `${projectId}:${tab}`;
}

/** What this tab knew of the project before it was loaded anew. */
export async function recall(projectId: string): Promise<Kept | null> {
  const store = storage();
  if (!store) return null;
  try {
    return (await get<Kept>(keyOf(projectId), store)) ?? null;
  } catch {
    return null; // a broken or forbidden store: the project itself is on the server
  }
}

/** How a project opens, given what the tab kept of it. */
export function resume(project: Project, kept: Kept | null): Partial<SessionState> {
  if (!kept) return {};
  if (kept.revision === project.revision) {
    if (kept.saved) return { history: kept.history };
    return { ...kept.drawing, history: kept.history, save: "dirty" };
  }
  // The page may have been left between the server's answer and the note of it here.
  if (!kept.saved && isSame(kept.drawing, { graph: project.graph, dataset: project.dataset })) return { history: kept.history };
  // Saved by somebody else meanwhile: what was not saved here is shown, and a person decides.
  if (kept.saved) return {};
  return { ...kept.drawing, history: kept.history, revision: kept.revision, save: "conflict" };
}

/** Keeps undo and unsaved edits in the browser a moment after each change. */
export function startKeeping(session: Session): () => void {
  const store = storage();
  if (!store) return () => undefined;
  const key = keyOf(session.store.getState().projectId);
  let timer: ReturnType<typeof setTimeout> | undefined;

  const keep = (): void => {
    const { graph, dataset, history, revision, save } = session.store.getState();
    const { past, future } = history;
    const kept: Kept = {
      revision,
      saved: save === "saved",
      drawing: { graph, dataset },
      history: { past: past.slice(-MOST_STEPS), future: future.slice(0, MOST_STEPS) },
      time: Date.now(),
    };
    // A full disk must not stop the drawing.
    set(key, kept, store).catch(() => undefined);
  };

  void forgetOld(store);
  const stop = session.store.subscribe((now, before) => {
    if (now.history === before.history && now.graph === before.graph && now.save === before.save) return;
    clearTimeout(timer);
    if (now.save === "saved" && before.save !== "saved") keep();
    else timer = setTimeout(keep, DEBOUNCE_MS);
  });
  window.addEventListener("pagehide", keep);
  return () => {
    stop();
    clearTimeout(timer);
    window.removeEventListener("pagehide", keep);
    keep();
  };
}

async function forgetOld(store: UseStore): Promise<void> {
  try {
    for (const [key, kept] of await entries<string, Kept>(store))
      if (Date.now() - kept.time > MOST_AGE_MS) await del(key, store);
  } catch {
    return; // tidying can wait until the store works again
  }
}
