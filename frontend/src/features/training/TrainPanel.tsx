import { Select, Text } from "@mantine/core";
import { ChartSpline } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";

import type { CheckReport, GraphNode, Run, RunSummary, TrainSettings } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";
import { isStillWanted } from "@/shared/motion";
import { ProblemText } from "@/shared/ProblemText";
import { stateNames } from "@/shared/runState";
import { runTitle } from "@/shared/runTitle";

import { useProjectRuns, useStartRun, useWholeRun } from "./queries";
import { SettingsForm } from "./SettingsForm";
import { StartBox } from "./StartBox";
import classes from "./training.module.css";

export interface TrainPanelProps {
  projectId: string;
  dataset: string | null;
  /** The network's nodes, among which the task names some. */
  nodes: readonly GraphNode[];
  settings: TrainSettings;
  /** What the last check said; null until the first answer. */
  report: CheckReport | null;
  /** Keeps a choice with the project. The workspace is the only writer of a project, so nothing overwrites anything. */
  onChange: (change: { dataset?: string | null; settings?: TrainSettings }) => void;
  /** Resolves when everything drawn and chosen is saved: await it before starting a run. */
  saveNow: () => Promise<void>;
  /** Draws a run as it happens; the app brings it from the runs feature. */
  renderRun: (run: Run) => ReactNode;
  /** Goes to a node of the network, where a problem is. */
  onShowNode: (node: string) => void;
}

/** Left what to train with, right how it goes. */
export default function TrainPanel(props: TrainPanelProps) {
  const { t } = useTranslation();
  const { projectId, dataset, nodes, settings, report, onChange, saveNow, renderRun, onShowNode } = props;
  const runs = useProjectRuns(projectId);
  const start = useStartRun(projectId, saveNow);
  const [chosen, setChosen] = useState<string | null>(null);
  const runArea = useRef<HTMLElement>(null);
  const shown = runs.data?.find((run) => run.id === chosen) ?? runs.data?.[0] ?? null;
  const whole = useWholeRun(shown?.id ?? null);
  const showNew = (id: string): void => {
    setChosen(id);
    // On a phone the run is below the settings.
    runArea.current?.scrollIntoView({ behavior: isStillWanted() ? "auto" : "smooth", block: "start" });
  };

  return (
    <div className={classes["panel"]}>
      <aside className={classes["settings"]} aria-label={t("Training settings")}>
        <SettingsForm dataset={dataset} nodes={nodes} settings={settings} onChange={onChange} />
        <StartBox
          dataset={dataset}
          report={report}
          error={start.error}
          starting={start.isPending}
          onShowNode={onShowNode}
          onStart={(paused) => start.mutate({ settings, paused }, { onSuccess: (run) => showNew(run.id) })}
        />
      </aside>
      <section ref={runArea} className={classes["run"]} aria-label={t("Training run")}>
        {runs.error && !runs.data ? (
          <ProblemText error={runs.error} onRetry={() => void runs.refetch()} />
        ) : shown ? (
          <>
            <RunPicker runs={runs.data ?? []} shown={shown} onPick={setChosen} />
            {whole.data ? renderRun(whole.data) : whole.error ? <ProblemText error={whole.error} onRetry={() => void whole.refetch()} /> : null}
          </>
        ) : runs.data ? (
          <EmptyState
            icon={ChartSpline}
            title={t("Not trained yet")}
            text={t("Choose a data set and press Train: curves, log and controls appear here.")}
          />
        ) : null}
      </section>
    </div>
  );
}

interface PickerProps {
  runs: readonly RunSummary[];
  shown: RunSummary;
  onPick: (id: string) => void;
}

function RunPicker({ runs, shown, onPick }: PickerProps) {
  const { t } = useTranslation();
  if (runs.length < 2)
    return (
      <Text component="h2" size="md" fw={600} mb="sm">
        {runTitle(shown)}
      </Text>
    );
  return (
    <Select
      aria-label={t("Run to show")}
      mb="sm"
      maw={340}
      allowDeselect={false}
      data={runs.map((run) => ({ value: run.id, label: `${runTitle(run)}, ${t(stateNames[run.state])}` }))}
      value={shown.id}
      onChange={(id) => {
        if (id !== null) onPick(id);
      }}
    />
  );
}
