import { NumberInput, SegmentedControl, Select, Switch, Text } from "@mantine/core";

import type { SweepMethod } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { keyTitle } from "@/shared/metric";

import classes from "../sweeps.module.css";
import type { MethodDraft } from "./draft";

export interface Choices {
  method: MethodDraft;
  metric: string | null;
  seed: number;
  concurrency: number | null;
}

interface Props {
  choices: Choices;
  metrics: readonly string[];
  /** How many runs the studio trains at the same time. */
  most: number;
  onChange: (change: Partial<Choices>) => void;
}

const kinds: { value: SweepMethod["kind"]; label: Message; text: Message }[] = [
  { value: "grid", label: msg("Grid"), text: msg("Every combination of the values.") },
  { value: "random", label: msg("Random"), text: msg("Combinations drawn by chance: of many parameters the better choice.") },
  {
    value: "halving",
    label: msg("Halving"),
    text: msg("Many begin; at each rung only the best go on. The whole training is for a few."),
  },
];

/** How the sweep goes through its parameters, and what decides. */
export function MethodFields({ choices, metrics, most, onChange }: Props) {
  const { t } = useTranslation();
  const { method } = choices;
  const set = (change: Partial<MethodDraft>): void => onChange({ method: { ...method, ...change } });
  const metric = choices.metric !== null && metrics.includes(choices.metric) ? choices.metric : (metrics[0] ?? null);
  return (
    <div className={classes["fields"]}>
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label={t("Method")}
        data={kinds.map(({ value, label }) => ({ value, label: t(label) }))}
        value={method.kind}
        onChange={(kind) => set({ kind })}
      />
      {kinds.map(({ value, text }) =>
        value === method.kind ? (
          <Text key={value} size="xs" c="dimmed">
            {t(text)}
          </Text>
        ) : null,
      )}
      <div className={classes["two"]}>
        {method.kind === "grid" ? null : <Whole label={t("Trials")} min={method.kind === "halving" ? 2 : 1} max={1000} value={method.trials} onChange={(trials) => set({ trials })} />}
        {method.kind === "halving" ? (
          <>
            <Whole label={t("First rung, epochs")} min={1} max={100_000} value={method.first} onChange={(first) => set({ first })} />
            <Whole label={t("One goes on of")} min={2} max={10} value={method.keep} onChange={(keep) => set({ keep })} />
          </>
        ) : null}
        {method.kind === "grid" ? null : <Whole label={t("Seed of the sweep")} min={0} max={4_294_967_295} value={choices.seed} onChange={(seed) => onChange({ seed })} />}
      </div>
      {method.kind === "halving" ? (
        <Switch
          size="xs"
          label={t("Go on without waiting for whole rungs (ASHA)")}
          checked={method.asynchronous}
          onChange={(event) => set({ asynchronous: event.currentTarget.checked })}
        />
      ) : null}
      <Select
        size="xs"
        label={t("What decides")}
        allowDeselect={false}
        data={metrics.map((key) => ({ value: key, label: keyTitle(key) }))}
        value={metric}
        onChange={(value) => onChange({ metric: value })}
      />
      {most > 1 ? (
        <Whole label={t("Trials at the same time")} min={1} max={most} value={choices.concurrency ?? most} onChange={(concurrency) => onChange({ concurrency })} />
      ) : null}
    </div>
  );
}

interface WholeProps {
  label: string;
  min: number;
  max: number;
  value: number;
  onChange: (value: number) => void;
}

function Whole({ onChange, ...shown }: WholeProps) {
  return (
    <NumberInput
      {...shown}
      size="xs"
      allowDecimal={false}
      allowNegative={false}
      clampBehavior="blur"
      onChange={(next) => {
        if (typeof next === "number" && next >= shown.min && next <= shown.max) onChange(next);
      }}
    />
  );
}
