import { Button, Group, Modal, NumberInput, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { GitFork } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";

import type { ForkSpec, LiveChange } from "@/api/runs";
import type { Run, RunCheckpoint, TrainSettings } from "@/api/types";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";
import { ProblemText } from "@/shared/ProblemText";
import { runTitle } from "@/shared/runTitle";

import { adviseSettings, settingsAt } from "../live";
import { useCheckpoints, useForkRun } from "../queries";

interface Props {
  run: Run;
  live: boolean;
  /** What an advice would have changed. */
  change?: LiveChange;
  /** Checkpoints of this step and later are not proposed: that is where it went wrong. */
  before?: number;
  /** The checkpoint that was clicked; null is the beginning. */
  step?: number | null;
  onClose: () => void;
}

const BEGINNING = "beginning";

/** Begins another run where this one was: with its first weights, or from a checkpoint, with other settings. */
export function ForkDialog(props: Props) {
  const { t } = useTranslation();
  const { run, onClose } = props;
  const checkpoints = useCheckpoints(run.id, run.last_event);
  return (
    <Modal opened onClose={onClose} title={t("Fork {{run}}", { run: runTitle(run) })} size="md">
      {checkpoints.error ? (
        <ProblemText error={checkpoints.error} onRetry={() => void checkpoints.refetch()} />
      ) : checkpoints.data ? (
        <ForkForm {...props} checkpoints={checkpoints.data} />
      ) : (
        <Text size="sm" c="dimmed">
          {t("Loading")}
        </Text>
      )}
    </Modal>
  );
}

function ForkForm({ run, live, change, before, step: asked, checkpoints, onClose }: Props & { checkpoints: readonly RunCheckpoint[] }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const fork = useForkRun(run);
  const [step, setStep] = useState<number | null>(() =>
    asked !== undefined ? asked : (checkpoints.find((one) => before === undefined || one.step < before)?.step ?? null),
  );
  const make = (at: number | null): TrainSettings => adviseSettings(settingsAt(run, at), change ?? {});
  const [settings, setSettings] = useState(() => make(step));
  const [name, setName] = useState("");
  const [paused, setPaused] = useState(false);
  const [onlyWeights, setOnlyWeights] = useState(false);
  const place = checkpoints.find((one) => one.step === step);
  const set = (more: Partial<TrainSettings>): void => setSettings((old) => ({ ...old, ...more }));
  const param = (key: string) => Number(settings.optimizer_params[key] ?? (key === "wd" ? 0 : 0.01));
  const setParam = (key: string, value: number | string): void => {
    if (typeof value === "number") set({ optimizer_params: { ...settings.optimizer_params, [key]: value } });
  };
  const choose = (value: string | null): void => {
    const next = value === BEGINNING || value === null ? null : Number(value);
    setStep(next);
    setSettings(make(next));
  };
  const start = (): void => {
    const spec: ForkSpec = { settings, paused, only_weights: step !== null && onlyWeights };
    if (step !== null) spec.step = step;
    if (name.trim() !== "") spec.name = name.trim();
    fork.mutate(spec, {
      onSuccess: (made) => {
        onClose();
        navigate(`/runs/${made.id}`);
      },
    });
  };
  return (
    <Stack gap="sm">
      <Select
        label={t("Begin with")}
        description={
          step === null
            ? t("The same first weights: what differs afterwards comes from what you change.")
            : t("Weights, optimizer and order of the data go on to the same numbers, unless you change something.")
        }
        allowDeselect={false}
        value={step === null ? BEGINNING : String(step)}
        data={[
          ...checkpoints.map((one) => ({ value: String(one.step), label: checkpointText(one, t) })),
          { value: BEGINNING, label: t("The first weights (rewind)") },
        ]}
        onChange={choose}
      />
      <Group grow align="start">
        <NumberInput
          label={t("Learning rate")}
          value={param("learning_rate")}
          min={0}
          decimalScale={12}
          allowNegative={false}
          onChange={(value) => setParam("learning_rate", value)}
        />
        <NumberInput
          label={t("Weight decay")}
          value={param("wd")}
          min={0}
          decimalScale={12}
          allowNegative={false}
          onChange={(value) => setParam("wd", value)}
        />
      </Group>
      <Group grow align="start">
        <NumberInput
          label={t("Batch size")}
          value={settings.batch_size}
          min={1}
          max={65_536}
          allowDecimal={false}
          onChange={(value) => (typeof value === "number" ? set({ batch_size: value }) : undefined)}
        />
        <NumberInput
          label={t("Epochs")}
          {...(place ? { description: t("{{epoch}} of them are done.", { epoch: Number(place.epoch.toFixed(2)) }) } : {})}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={settings.epochs}
          min={1}
          max={100_000}
          allowDecimal={false}
          onChange={(value) => (typeof value === "number" ? set({ epochs: value }) : undefined)}
        />
      </Group>
      <TextInput label={t("Name")} placeholder={t("Run {{number}}", { number: "…" })} maxLength={120} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <Switch label={t("Hold before the first batch")} checked={paused} onChange={(event) => setPaused(event.currentTarget.checked)} />
      {step === null ? null : (
        <Switch
          label={t("Take only the weights")}
          description={t("The optimizer and the order of the data begin anew, and steps are counted from 0.")}
          checked={onlyWeights}
          onChange={(event) => setOnlyWeights(event.currentTarget.checked)}
        />
      )}
      {live ? (
        <Text size="xs" c="dimmed">
          {t("This run goes on training; the fork waits for its turn.")}
        </Text>
      ) : null}
      {fork.error ? <ProblemText error={fork.error} title={t("The fork did not start")} /> : null}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          {t("Cancel")}
        </Button>
        <Button leftSection={<GitFork size={15} aria-hidden />} loading={fork.isPending} onClick={start}>
          {t("Start the fork")}
        </Button>
      </Group>
    </Stack>
  );
}

function checkpointText(one: RunCheckpoint, t: ReturnType<typeof useTranslation>["t"]): string {
  const at = { step: formatNumber(one.step), epoch: Number(one.epoch.toFixed(2)) };
  const loss = one.metrics["val_loss"] ?? one.metrics["train_loss"];
  return loss === undefined
    ? t("Step {{step}}, epoch {{epoch}}", at)
    : t("Step {{step}}, epoch {{epoch}}, loss {{loss}}", { ...at, loss: formatMetric(loss) });
}
