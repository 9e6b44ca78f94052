import { ApiError } from "@/api/client";
import { getProject, updateProject } from "@/api/projects";
import type { Project } from "@/api/types";
import { t } from "@/i18n";

import type { Session, SessionState } from "./session";

const DEBOUNCE_MS = 700;
const RETRY_MS = 3000;

export interface Saver {
  /** Resolves when everything is on the server; rejects with the reason when it cannot be. */
  saveNow: () => Promise<void>;
  /** After a conflict: what the page holds replaces what the server holds. */
  keepMine: () => Promise<void>;
  /** After a conflict: what the server holds comes in; undo brings the own version back. */
  takeTheirs: () => Promise<void>;
  stop: () => void;
}

function changed(now: SessionState, before: SessionState): boolean {
  return (
    now.graph !== before.graph ||
    now.dataset !== before.dataset ||
    now.settings !== before.settings ||
    now.name !== before.name
  );
}

/** Saves the project a moment after each change. One request at a time, each on the revision of the last. */
export function startSaver(session: Session, onSaved: (project: Project) => void = () => undefined): Saver {
  const { store } = session;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | null = null;
  let stopped = false;

  async function put(): Promise<void> {
    const sent = store.getState();
    store.setState({ save: "saving", saveError: null });
    try {
      const { projectId, revision, name, graph, dataset, settings } = sent;
      const saved = await updateProject(projectId, { revision, name, graph, dataset, settings });
      onSaved(saved);
      store.setState({ revision: saved.revision, save: changed(store.getState(), sent) ? "dirty" : "saved" });
    } catch (error) {
      fail(error);
      throw error;
    }
  }

  function fail(error: unknown): void {
    const conflict = error instanceof ApiError && error.status === 409;
    const saveError = error instanceof Error ? error : new Error(String(error));
    store.setState({ save: conflict ? "conflict" : "failed", saveError });
    // A refusal stays one; only silence or a broken server is worth asking again.
    if (error instanceof ApiError && (error.status === 0 || error.status >= 500)) schedule(RETRY_MS);
  }

  async function drain(): Promise<void> {
    while (["dirty", "failed"].includes(store.getState().save)) await put();
  }

  function saveNow(): Promise<void> {
    clearTimeout(timer);
    if (store.getState().save === "conflict")
      return Promise.reject(new Error(t("This project was changed elsewhere. Choose which version to keep first.")));
    running ??= drain().finally(() => {
      running = null;
    });
    return running;
  }

  function schedule(delay: number): void {
    clearTimeout(timer);
    if (stopped) return;
    timer = setTimeout(() => void saveNow().catch(() => undefined), delay);
  }

  const unsubscribe = store.subscribe((now, before) => {
    if (!changed(now, before) || now.revision !== before.revision) return;
    if (now.save === "conflict") return;
    if (now.save !== "saving") store.setState({ save: "dirty" });
    schedule(DEBOUNCE_MS);
  });

  // Edits that an earlier load of the page could not send any more.
  if (store.getState().save === "dirty") schedule(0);

  return {
    saveNow,
    async keepMine() {
      const theirs = await getProject(store.getState().projectId);
      store.setState({ revision: theirs.revision, save: "dirty" });
      await saveNow();
    },
    async takeTheirs() {
      const theirs = await getProject(store.getState().projectId);
      session.takeOver(theirs);
      store.setState({ save: "saved", saveError: null });
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      unsubscribe();
      if (store.getState().save === "dirty") void saveNow().catch(() => undefined);
    },
  };
}
