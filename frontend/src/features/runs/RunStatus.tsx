import { Alert, Anchor, Button, Group, Progress, Text } from "@mantine/core";
import { Boxes, Info, WifiOff } from "lucide-react";
import { Link } from "wouter";

import type { Run, RunState } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";
import { keyTitle } from "@/shared/metric";
import { useReadOnly } from "@/shared/readOnly";
import { runTitle } from "@/shared/runTitle";

import { type Fact, percentOf, progressFacts, progressOf } from "./facts";
import { FactList } from "./FactList";
import type { RunSnapshot } from "./history";
import { LiveSettings } from "./LiveSettings";
import { originText } from "./lineage/LineageView";
import classes from "./runs.module.css";
import { RunControls } from "./RunControls";
import { StateBadge } from "./StateBadge";

interface Props {
  run: Run;
  snapshot: RunSnapshot;
  state: RunState;
}

/** What a run is doing: state, controls, progress, numbers, and why where it stopped. */
export function RunStatus({ run, snapshot, state }: Props) {
  const { t } = useTranslation();
  const progress = progressOf(run, snapshot);
  const percent = percentOf(progress);
  const model = snapshot.model ?? run.model;
  const readOnly = useReadOnly();
  return (
    <section className={`nw-card ${classes["status"] ?? ""}`} aria-label={t("Progress of the run")}>
      <Group justify="space-between" gap="sm">
        <Group gap="sm" aria-live="polite">
          <StateBadge state={state} trial={run.sweep} />
          <ConnectionNote snapshot={snapshot} />
        </Group>
        {readOnly ? null : <Group gap="xs">
          <RunControls run={run} state={state} size="xs" />
          <LiveSettings run={run} state={state} />
          {model ? (
            <Button
              component={Link}
              href={`/models/${encodeURIComponent(model.name)}`}
              size="xs"
              leftSection={<Boxes size={15} aria-hidden />}
            >
              {t("Open the model")}
            </Button>
          ) : null}
        </Group>}
      </Group>
      <Progress.Root size="sm">
        <Progress.Section
          value={percent}
          aria-label={t("Training progress")}
          color={state === "failed" ? "red" : "sea"}
          striped={state === "running"}
          animated={state === "running"}
        />
      </Progress.Root>
      <FactList label={t("Progress")} facts={[...progressFacts(progress, state), ...metricFacts(run, snapshot)]} />
      <DeviceNote run={run} snapshot={snapshot} />
      {readOnly ? null : <OriginNote run={run} />}
      {readOnly ? null : <SweepNote run={run} />}
      <ReasonNote run={run} snapshot={snapshot} state={state} />
    </section>
  );
}

/** The newest value of each metric. */
function metricFacts(run: Run, snapshot: RunSnapshot): Fact[] {
  const values = { ...run.metrics, ...snapshot.metrics };
  return Object.entries(values)
    .filter(([key]) => key !== "lr")
    .map(([key, value]) => ({ label: keyTitle(key), value: formatMetric(value) }));
}

function ConnectionNote({ snapshot }: { snapshot: RunSnapshot }) {
  const { t } = useTranslation();
  if (snapshot.connection !== "waiting" && snapshot.connection !== "refused") return null;
  return (
    <Group gap={6} c="var(--nw-warn)">
      <WifiOff size={14} aria-hidden />
      <Text size="xs">
        {snapshot.connection === "waiting" ? t("Not connected; trying again") : t("The server refused the live connection")}
      </Text>
    </Group>
  );
}

function DeviceNote({ run, snapshot }: { run: Run; snapshot: RunSnapshot }) {
  const { t } = useTranslation();
  const device = snapshot.plan?.device ?? run.device;
  const reason = snapshot.plan?.reason ?? run.device_reason;
  if (device === null) return null;
  return (
    <Text size="xs" c="dimmed">
      {reason === null || reason === "" ? t("Runs on {{device}}", { device }) : t("Runs on {{device}}: {{reason}}", { device, reason })}
    </Text>
  );
}

function OriginNote({ run }: { run: Run }) {
  const { t } = useTranslation();
  if (run.origin === null) return null;
  return (
    <Text size="xs" c="dimmed">
      {t("Forked from")}{" "}
      <Anchor component={Link} size="xs" href={`/runs/${run.origin.run}`}>
        {runTitle(run.origin)}
      </Anchor>
      {`. ${originText(run.origin, t)}.`}
    </Text>
  );
}

function SweepNote({ run }: { run: Run }) {
  const { t } = useTranslation();
  if (run.sweep === null) return null;
  return (
    <Anchor component={Link} size="xs" href={`/sweeps/${run.sweep.id}?trial=${run.sweep.trial}`}>
      {t("Trial {{number}} of a sweep", { number: run.sweep.trial + 1 })}
    </Anchor>
  );
}

function ReasonNote({ run, snapshot, state }: Props) {
  const { t } = useTranslation();
  const reason = snapshot.reason ?? run.state_reason;
  const resumable = state === "interrupted" && run.resumable;
  // What lost the training is told as advice, with its evidence.
  if (state === "failed" && run.advice.some((advice) => advice.kind === "nan")) return null;
  const early = state === "stopped" && run.sweep?.state === "early";
  if (!(early || ["failed", "interrupted"].includes(state)) || (!reason && !resumable)) return null;
  return (
    <Alert color={early ? "gray" : state === "failed" ? "red" : "orange"} variant="light" icon={<Info size={17} />} p="xs">
      {reason}
      {resumable ? ` ${t("Resume goes on from the last checkpoint to the same numbers.")}` : null}
    </Alert>
  );
}
