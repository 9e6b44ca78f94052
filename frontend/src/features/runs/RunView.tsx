import { Tabs, Text } from "@mantine/core";
import { useContext, useMemo, useState } from "react";

import type { Run } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { InsideSlot } from "@/shared/insideSlot";
import { useReadOnly } from "@/shared/readOnly";

import { AdviceCards } from "./advice/AdviceCards";
import { ChangeList } from "./ChangeList";
import { RunCharts } from "./charts/RunCharts";
import { CheckpointList } from "./CheckpointList";
import { LineageView } from "./lineage/LineageView";
import { MadeView } from "./made/MadeView";
import { marksOfRun } from "./marks";
import { isOver } from "./moves";
import { RunLog } from "./RunLog";
import { RunNotes } from "./RunNotes";
import classes from "./runs.module.css";
import { RunSettings } from "./RunSettings";
import { RunStatus } from "./RunStatus";
import { currentState, useRunHistory } from "./useRunHistory";

interface Props {
  run: Run;
  compact?: boolean;
}

/** A run as it happens: status, curves, and below them log, checkpoints, settings and plan. */
export function RunView({ run, compact = false }: Props) {
  const { t } = useTranslation();
  const snapshot = useRunHistory(run);
  const state = currentState(run, snapshot);
  const events = useMemo(() => marksOfRun(run, t), [run, t]);
  const [tab, setTab] = useState<string | null>("log");
  const slots = useContext(InsideSlot);
  const readOnly = useReadOnly();
  const hasWeights = run.model !== null || run.resumable || snapshot.model !== null || snapshot.checkpoints.length > 0;
  return (
    <div>
      <RunStatus run={run} snapshot={snapshot} state={state} />
      <AdviceCards run={run} state={state} />
      <MadeView frames={snapshot.samples} />
      {snapshot.curves.size === 0 ? (
        <Text size="sm" c="dimmed" py="md">
          {isOver(state) ? t("This run ended before its first step.") : t("The curves appear with the first step.")}
        </Text>
      ) : (
        <RunCharts
          runId={run.id}
          fileName={`run-${run.number}`}
          curves={snapshot.curves}
          events={events}
          origin={run.origin}
          compact={compact}
        />
      )}
      <ChangeList run={run} />
      <Tabs value={tab} onChange={setTab} mt="lg" keepMounted={false}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="log">{t("Log")}</Tabs.Tab>
          {slots ? <Tabs.Tab value="inside">{t("Inside")}</Tabs.Tab> : null}
          {readOnly ? null : <Tabs.Tab value="checkpoints">{t("Checkpoints")}</Tabs.Tab>}
          <Tabs.Tab value="settings">{t("Settings")}</Tabs.Tab>
          {readOnly ? null : <Tabs.Tab value="notes">{t("Notes")}</Tabs.Tab>}
          {readOnly ? null : <Tabs.Tab value="lineage">{t("Lineage")}</Tabs.Tab>}
          {snapshot.plan ? <Tabs.Tab value="plan">{t("Plan")}</Tabs.Tab> : null}
        </Tabs.List>
        <Tabs.Panel value="log">
          <RunLog runId={run.id} lines={snapshot.log} />
        </Tabs.Panel>
        <Tabs.Panel value="inside">{slots?.run({ run, newest: snapshot.inside?.step ?? null, hasWeights })}</Tabs.Panel>
        <Tabs.Panel value="checkpoints">
          <CheckpointList run={run} newest={snapshot.checkpoints.at(-1)?.step ?? 0} />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <RunSettings run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="notes">
          <RunNotes key={run.id} run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="lineage">
          <LineageView run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="plan">
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls */}
          <pre className={classes["plan"]} tabIndex={0} aria-label={t("Plan of the training step")}>
            {snapshot.plan?.text}
          </pre>
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
