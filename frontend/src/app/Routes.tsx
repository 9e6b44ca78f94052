import { Center, Loader } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Route, Switch } from "wouter";

import { useTranslation } from "@/i18n/react";

import { NotFound } from "./NotFound";

const HomePage = lazy(() => import("@/features/projects/HomePage"));
const WorkspacePage = lazy(() => import("./WorkspacePage"));
const RunsPage = lazy(() => import("@/features/runs/RunsPage"));
const ComparePage = lazy(() => import("@/features/runs/compare/ComparePage"));
const RunPage = lazy(() => import("@/features/runs/RunPage"));
const SweepsPage = lazy(() => import("@/features/sweeps/SweepsPage"));
const SweepPage = lazy(() => import("@/features/sweeps/SweepPage"));
const DataPage = lazy(() => import("@/features/data/DataPage"));
const ImportPage = lazy(() => import("@/features/data/import/ImportPage"));
const ModelsPage = lazy(() => import("@/features/models/ModelsPage"));
const AccessPage = lazy(() => import("@/features/access/AccessPage"));
const ModelPage = lazy(() => import("@/features/models/ModelPage"));

function Waiting() {
  const { t } = useTranslation();
  return (
    <Center h="60vh">
      <Loader type="dots" role="status" aria-label={t("Loading")} />
    </Center>
  );
}

export function Routes() {
  return (
    <Suspense fallback={<Waiting />}>
      <Switch>
        <Route path="/">
          <HomePage />
        </Route>
        <Route path="/projects/:id/:tab?">
          {({ id, tab }) => <WorkspacePage key={id} projectId={id} tab={tab ?? "build"} />}
        </Route>
        <Route path="/runs">
          <RunsPage />
        </Route>
        <Route path="/runs/compare">
          <ComparePage />
        </Route>
        <Route path="/runs/:id">{({ id }) => <RunPage key={id} runId={id} />}</Route>
        <Route path="/sweeps">
          <SweepsPage />
        </Route>
        <Route path="/sweeps/:id">{({ id }) => <SweepPage key={id} sweepId={id} />}</Route>
        <Route path="/data/import/:upload">{({ upload }) => <ImportPage key={upload} uploadId={upload} />}</Route>
        <Route path="/data/:id?">{({ id }) => <DataPage datasetId={id ?? null} />}</Route>
        <Route path="/models">
          <ModelsPage />
        </Route>
        <Route path="/models/:name">{({ name }) => <ModelPage key={name} name={decodeURIComponent(name)} />}</Route>
        <Route path="/access">
          <AccessPage />
        </Route>
        <Route>
          <NotFound />
        </Route>
      </Switch>
    </Suspense>
  );
}
