import { NumberInput } from "@mantine/core";
import type { ReactNode } from "react";

import type { TrainSettings } from "@/api/types";
import { ProblemText } from "@/shared/ProblemText";

import { ChoiceFields } from "./ChoiceFields";
import { DatasetPicker } from "./DatasetPicker";
import { DevicePicker } from "./DevicePicker";
import { InitializerPicker } from "./InitializerPicker";
import { useTrainingChoices } from "./queries";
import classes from "./training.module.css";

interface Props {
  dataset: string | null;
  settings: TrainSettings;
  onChange: (change: { dataset?: string | null; settings?: TrainSettings }) => void;
}

/** Everything about a training that is not the network. */
export function SettingsForm({ dataset, settings, onChange }: Props) {
  const choices = useTrainingChoices();
  const set = (change: Partial<TrainSettings>): void => onChange({ settings: { ...settings, ...change } });
  return (
    <form className={classes["form"]} aria-label="Settings" onSubmit={(event) => event.preventDefault()}>
      <Part title="Data">
        <DatasetPicker value={dataset} onChange={(id) => onChange({ dataset: id })} />
        <WholeNumber
          label="Validation part"
          description="Percent of the training data held back to watch overfitting."
          suffix=" %"
          min={0}
          max={90}
          value={Math.round(settings.validation_split * 1000) / 10}
          decimals
          onChange={(percent) => set({ validation_split: percent / 100 })}
        />
      </Part>
      <Part title="Schedule of work">
        <div className={classes["two"]}>
          <WholeNumber label="Epochs" min={1} max={100_000} value={settings.epochs} onChange={(epochs) => set({ epochs })} />
          <WholeNumber
            label="Batch size"
            min={1}
            max={65_536}
            value={settings.batch_size}
            onChange={(batch_size) => set({ batch_size })}
          />
          <WholeNumber label="Seed" min={0} max={4_294_967_295} value={settings.seed} onChange={(seed) => set({ seed })} />
          <WholeNumber
            label="Checkpoint every"
            suffix=" s"
            min={1}
            max={86_400}
            value={settings.checkpoint_every_seconds}
            onChange={(checkpoint_every_seconds) => set({ checkpoint_every_seconds })}
          />
        </div>
      </Part>
      {choices.error ? <ProblemText error={choices.error} onRetry={() => void choices.refetch()} /> : null}
      {choices.data ? (
        <>
          <Part title="Optimizer">
            <ChoiceFields
              label="Optimizer"
              choices={choices.data.optimizers}
              value={{ name: settings.optimizer, params: settings.optimizer_params }}
              onChange={(next) => {
                if (next) set({ optimizer: next.name, optimizer_params: next.params });
              }}
            />
          </Part>
          <Part title="Learning rate over time">
            <ChoiceFields
              label="Schedule"
              none="Constant"
              choices={choices.data.schedulers}
              value={settings.scheduler}
              onChange={(scheduler) => set({ scheduler })}
            />
          </Part>
          <Part title="Start">
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
  onChange: (value: number) => void;
}

/** A number that is passed on only while it is one within the limits. */
function WholeNumber({ decimals = false, onChange, ...shown }: NumberProps) {
  return (
    <NumberInput
      {...shown}
      size="xs"
      allowDecimal={decimals}
      allowNegative={false}
      clampBehavior="blur"
      thousandSeparator={shown.label === "Seed" ? "" : " "}
      onChange={(next) => {
        if (typeof next === "number" && next >= shown.min && next <= shown.max) onChange(next);
      }}
    />
  );
}
