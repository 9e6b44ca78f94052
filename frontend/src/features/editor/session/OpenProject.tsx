import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo, useState } from "react";

import { getProject } from "@/api/projects";
import type { Palette, Project } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { ProblemText } from "@/shared/ProblemText";
import { paletteQuery } from "@/shared/queries";

import { requestLayout } from "../actions/arrange";
import { startChecker } from "./checker";
import { SaverContext, SessionContext } from "./context";
import { type Kept, recall, resume, startKeeping } from "./kept";
import { type Saver, startSaver } from "./saver";
import { createSession, type Session, withPalette } from "./session";

interface Props {
  projectId: string;
  waiting: ReactNode;
  children: ReactNode;
}

/** Loads a project and keeps it open: checked after every edit, saved after every change. */
export function OpenProject({ projectId, waiting, children }: Props) {
  const { t } = useTranslation();
  const palette = useQuery(paletteQuery);
  const project = useQuery({
    queryKey: ["project", projectId],
    queryFn: ({ signal }) => getProject(projectId, signal),
    // From here on the session holds the truth; an older copy must not come back from a cache.
    staleTime: Infinity,
    gcTime: 0,
    refetchOnReconnect: false,
  });
  const kept = useQuery({ queryKey: ["kept", projectId], queryFn: () => recall(projectId), staleTime: Infinity, gcTime: 0 });
  const failed = project.error ?? palette.error;
  if (failed) {
    const retry = (): void => void Promise.all([project.refetch(), palette.refetch()]);
    return (
      <div className="nw-page">
        <ProblemText error={failed} title={t("The project did not open")} onRetry={retry} />
      </div>
    );
  }
  if (!project.data || !palette.data || kept.data === undefined) return waiting;
  return (
    <OpenSession project={project.data} palette={palette.data} kept={kept.data}>
      {children}
    </OpenSession>
  );
}

interface Opened {
  project: Project;
  palette: Palette;
  kept: Kept | null;
  children: ReactNode;
}

function OpenSession({ project, palette, kept, children }: Opened) {
  const [opened] = useState(() => createSession(project, palette, resume(project, kept)));
  // A new palette is the same in another language: everything that shows or checks operators reads it anew.
  const session = useMemo(() => withPalette(opened, palette), [opened, palette]);
  const [saver, setSaver] = useState<Saver | null>(null);
  const client = useQueryClient();

  useEffect(() => startChecker(session), [session]);
  useEffect(() => {
    const started = startSaver(opened, () => void client.invalidateQueries({ queryKey: ["projects"] }));
    // The effect starts something that the components below need in hand.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setSaver(started);
    return () => started.stop();
  }, [opened, client]);
  useEffect(() => startKeeping(opened), [opened]);
  useEffect(() => guardUnload(session), [session]);
  useEffect(() => {
    // A graph without a layout was put in rows at once; the better layout follows when it is worked out.
    if (project.graph.nodes.length < 2 || Object.keys(project.graph.layout).length > 0) return;
    const stopper = new AbortController();
    void requestLayout(project.graph, stopper.signal).then((layout) => {
      if (layout) opened.place(layout);
    });
    return () => stopper.abort();
  }, [opened, project]);

  if (!saver) return null;
  return (
    <SessionContext value={session}>
      <SaverContext value={saver}>{children}</SaverContext>
    </SessionContext>
  );
}

/** Asks before the page is left while something is not saved. */
function guardUnload(session: Session): () => void {
  function onLeave(event: BeforeUnloadEvent): void {
    if (session.store.getState().save !== "saved") event.preventDefault();
  }
  window.addEventListener("beforeunload", onLeave);
  return () => window.removeEventListener("beforeunload", onLeave);
}
