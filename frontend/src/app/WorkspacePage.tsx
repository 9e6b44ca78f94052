import { Center, Loader } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useCallback, useEffect } from "react";
import { useLocation, useSearch } from "wouter";

import { useErrorCount, useSaver, useSession, useSessionState } from "@/features/editor/session/context";
import { OpenProject } from "@/features/editor/session/OpenProject";
import type { TrainPanelProps } from "@/features/training/TrainPanel";
import { useTranslation } from "@/i18n/react";

import { LookInside } from "./LookInside";
import { ErrorBoundary } from "./ErrorBoundary";
import { WorkspaceHeader } from "./WorkspaceHeader";
import classes from "./WorkspacePage.module.css";

const Editor = lazy(() => import("@/features/editor/Editor"));
const RunView = lazy(() => import("@/features/runs/RunView").then(({ RunView: view }) => ({ default: view })));
const TrainPanel = lazy(() => import("@/features/training/TrainPanel"));
const SweepPanel = lazy(() => import("@/features/sweeps/SweepPanel"));
const XrayPage = lazy(() => import("@/features/xray/XrayPage"));

function Waiting() {
  const { t } = useTranslation();
  return (
    <Center h="60vh">
      <Loader type="dots" role="status" aria-label={t("Loading")} />
    </Center>
  );
}

const waiting = <Waiting />;

/** One project: drawing it, training it, and looking through it. */
export default function WorkspacePage({ projectId, tab }: { projectId: string; tab: string }) {
  return (
    <OpenProject projectId={projectId} waiting={waiting}>
      <LinkedNode />
      <div className={classes["workspace"]}>
        <WorkspaceHeader tab={tab} />
        <ErrorBoundary>
          <Suspense fallback={waiting}>
            <Tab tab={tab} />
          </Suspense>
        </ErrorBoundary>
      </div>
    </OpenProject>
  );
}

/** "…?node=fc1" opens the project with that node chosen: what an advice of a run links to. */
function LinkedNode() {
  const session = useSession();
  const search = useSearch();
  const [location, navigate] = useLocation();
  const node = new URLSearchParams(search).get("node");
  useEffect(() => {
    if (node === null) return;
    session.select([node]);
    navigate(location, { replace: true });
  }, [node, session, navigate, location]);
  return null;
}

function Tab({ tab }: { tab: string }) {
  if (tab === "train") return <Training />;
  if (tab === "sweep") return <Sweeping />;
  return tab === "xray" ? <Xray /> : <LookInside>{drawEditor}</LookInside>;
}

const drawEditor = (overlay: ReactNode): ReactNode => <Editor overlay={overlay} />;

function Xray() {
  const session = useSession();
  const [, navigate] = useLocation();
  const projectId = useSessionState((state) => state.projectId);
  const graph = useSessionState((state) => state.graph);
  const dataset = useSessionState((state) => state.dataset);
  const batchSize = useSessionState((state) => state.settings.batch_size);
  const report = useSessionState((state) => state.report);
  const faults = useErrorCount();
  if (!report) return waiting;
  return (
    <div className={classes["scroll"]}>
      <XrayPage
        graph={graph}
        dataset={dataset}
        batchSize={batchSize}
        operators={session.operators}
        faults={faults}
        onShowNetwork={() => navigate(`/projects/${projectId}`)}
        onShowNode={(node) => {
          session.select([node]);
          navigate(`/projects/${projectId}`);
        }}
      />
    </div>
  );
}

function Sweeping() {
  const saver = useSaver();
  const projectId = useSessionState((state) => state.projectId);
  const graph = useSessionState((state) => state.graph);
  const dataset = useSessionState((state) => state.dataset);
  const settings = useSessionState((state) => state.settings);
  const faults = useErrorCount();
  return (
    <div className={classes["scroll"]}>
      <SweepPanel projectId={projectId} graph={graph} dataset={dataset} settings={settings} faults={faults} saveNow={saver.saveNow} />
    </div>
  );
}

function Training() {
  const session = useSession();
  const [, navigate] = useLocation();
  const saver = useSaver();
  const projectId = useSessionState((state) => state.projectId);
  const dataset = useSessionState((state) => state.dataset);
  const nodes = useSessionState((state) => state.graph.nodes);
  const settings = useSessionState((state) => state.settings);
  const report = useSessionState((state) => state.report);
  const onChange = useCallback<TrainPanelProps["onChange"]>(
    (change) => {
      if (change.dataset !== undefined) session.chooseDataset(change.dataset);
      if (change.settings !== undefined) session.setSettings(change.settings);
    },
    [session],
  );
  return (
    <div className={classes["scroll"]}>
      <TrainPanel
        projectId={projectId}
        dataset={dataset}
        nodes={nodes}
        settings={settings}
        report={report}
        onChange={onChange}
        saveNow={saver.saveNow}
        renderRun={(run) => <RunView key={run.id} run={run} />}
        onShowNode={(node) => {
          session.select([node]);
          navigate(`/projects/${projectId}`);
        }}
      />
    </div>
  );
}
