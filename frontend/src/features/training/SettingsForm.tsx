import { NumberInput } from "@mantine/core";
import type { ReactNode } from "react";

import type { GraphNode, TrainSettings } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { ProblemText } from "@/shared/ProblemText";

import { ChoiceFields } from "./ChoiceFields";
import { DatasetPicker } from "./DatasetPicker";
import { DevicePicker } from "./DevicePicker";
import { InitializerPicker } from "./InitializerPicker";
import { useTrainingChoices } from "./queries";
import { TaskFields } from "./TaskFields";
import classes from "./training.module.css";

interface Props {
  dataset: string | null;
  nodes: readonly GraphNode[];
  settings: TrainSettings;
  onChange: (change: { dataset?: string | null; settings?: TrainSettings }) => void;
}

/** Everything about a training that is not the network. */
export function SettingsForm({ dataset, nodes, settings, onChange }: Props) {
  const { t } = useTranslation();
  const choices = useTrainingChoices();
  const set = (change: Partial<TrainSettings>): void => onChange({ settings: { ...settings, ...change } });
  return (
    <form className={classes["form"]} aria-label={t("Settings")} onSubmit={(event) => event.preventDefault()}>
      <Part title={t("Data")}>
        <DatasetPicker value={dataset} onChange={(id) => onChange({ dataset: id })} />
        <WholeNumber
          label={t("Validation part")}
          description={t("Percent of the training data held back to watch overfitting.")}
          suffix=" %"
          min={0}
          max={90}
          value={Math.round(settings.validation_split * 1000) / 10}
          decimals
          onChange={(percent) => set({ validation_split: percent / 100 })}
        />
      </Part>
      <Part title={t("Task")}>
        <TaskFields task={settings.task} nodes={nodes} onChange={(task) => set({ task })} />
      </Part>
      <Part title={t("Schedule of work")}>
        <div className={classes["two"]}>
          <WholeNumber label={t("Epochs")} min={1} max={100_000} value={settings.epochs} onChange={(epochs) => set({ epochs })} />
          <WholeNumber
            label={t("Batch size")}
            min={1}
            max={65_536}
            value={settings.batch_size}
            onChange={(batch_size) => set({ batch_size })}
          />
          <WholeNumber label={t("Seed")} grouped={false} min={0} max={4_294_967_295} value={settings.seed} onChange={(seed) => set({ seed })} />
          <WholeNumber
            label={t("Checkpoint every")}
            suffix={t(" s")}
            min={1}
            max={86_400}
            value={settings.checkpoint_every_seconds}
            onChange={(checkpoint_every_seconds) => set({ checkpoint_every_seconds })}
          />
          <WholeNumber
            label={t("Looking inside")}
            description={t("Percent of the time it may take; 0 switches it off.")}
            suffix=" %"
            min={0}
            max={50}
            value={Math.round(settings.look_inside * 1000) / 10}
            decimals
            onChange={(percent) => set({ look_inside: percent / 100 })}
          />
        </div>
      </Part>
      {choices.error ? <ProblemText error={choices.error} onRetry={() => void choices.refetch()} /> : null}
      {choices.data ? (
        <>
          <Part title={t("Optimizer")}>
            <ChoiceFields
              label={t("Optimizer")}
              choices={choices.data.optimizers}
              value={{ name: settings.optimizer, params: settings.optimizer_params }}
              onChange={(next) => {
                if (next) set({ optimizer: next.name, optimizer_params: next.params });
              }}
            />
          </Part>
          <Part title={t("Learning rate over time")}>
            <ChoiceFields
              label={t("Schedule")}
              none={t("Constant")}
              choices={choices.data.schedulers}
              value={settings.scheduler}
              onChange={(scheduler) => set({ scheduler })}
            />
          </Part>
          <Part title={t("Start")}>
            <InitializerPicker
              choices={choices.data.initializers}
              value={settings.initializer}
              onChange={(initializer) => set({ initializer })}
            />
            <DevicePicker value={settings.device} onChange={(device) => set({ device })} />
          </Part>
        </>
      ) : null}
    </form>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className={classes["part"]}>
      <legend>{title}</legend>
      <div style={{ display: "grid", gap: 10 }}>{children}</div>
    </fieldset>
  );
}

interface NumberProps {
  label: string;
  description?: string;
  suffix?: string;
  min: number;
  max: number;
  value: number;
  decimals?: boolean;
  /** Written 10 000; not what is a name rather than an amount. */
  grouped?: boolean;
  onChange: (value: number) => void;
}

/** A number that is passed on only while it is one within the limits. */
function WholeNumber({ decimals = false, grouped = true, onChange, ...shown }: NumberProps) {
  return (
    <NumberInput
      {...shown}
      size="xs"
      allowDecimal={decimals}
      allowNegative={false}
      clampBehavior="blur"
      thousandSeparator={grouped ? " " : ""}
      onChange={(next) => {
        if (typeof next === "number" && next >= shown.min && next <= shown.max) onChange(next);
      }}
    />
  );
}
