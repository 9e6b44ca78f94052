import { ActionIcon, Group, MultiSelect, SegmentedControl, Switch, TagsInput, Text, TextInput } from "@mantine/core";
import { Link2, X } from "lucide-react";

import type { Knob } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { ownedTitle, valueText } from "../names";
import classes from "../sweeps.module.css";
import { isNumeric, optionsOf, type RangeDraft, readRange } from "./draft";

interface Props {
  draft: RangeDraft;
  knob: Knob;
  /** The parameters that change together with it. */
  companions: readonly Knob[];
  /** Those that could, too. */
  others: readonly Knob[];
  /** A grid divides ranges into so many values; other methods draw from them. */
  grid: boolean;
  onChange: (draft: RangeDraft) => void;
  onRemove: () => void;
}

/** One parameter that is varied: between two bounds, or among values. */
export function RangeRow({ draft, knob, companions, others, grid, onChange, onRemove }: Props) {
  const { t } = useTranslation();
  const name = ownedTitle(knob);
  const { error } = readRange(draft, knob, companions);
  const set = (change: Partial<RangeDraft>): void => onChange({ ...draft, ...change });
  return (
    <fieldset className={classes["range"]} aria-label={name}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <div>
          <Text size="sm" fw={600}>
            {name}
          </Text>
          <Text size="xs" c="dimmed">
            {t("now {{value}}", { value: valueText(knob.value) })}
          </Text>
        </div>
        <Group gap={4} wrap="nowrap">
          {isNumeric(knob) ? (
            <SegmentedControl
              size="xs"
              aria-label={t("How {{name}} is varied", { name })}
              data={[
                { value: "number", label: t("Range") },
                { value: "choice", label: t("Values") },
              ]}
              value={draft.kind}
              onChange={(kind) => set({ kind, values: draft.values.length > 0 ? draft.values : [draft.low, draft.high].filter(Boolean) })}
            />
          ) : null}
          <ActionIcon variant="subtle" color="gray" aria-label={t("Do not vary {{name}}", { name })} onClick={onRemove}>
            <X size={16} aria-hidden />
          </ActionIcon>
        </Group>
      </Group>
      {draft.kind === "number" ? <Bounds draft={draft} grid={grid} set={set} /> : <Values draft={draft} knob={knob} name={name} set={set} />}
      {companions.length + others.length > 0 ? (
        <Together name={name} companions={companions} others={others} onChange={(also) => set({ also })} />
      ) : null}
      {error === null ? null : (
        <Text size="xs" c="var(--nw-danger)" role="alert">
          {error}
        </Text>
      )}
    </fieldset>
  );
}

interface TogetherProps {
  name: string;
  companions: readonly Knob[];
  others: readonly Knob[];
  onChange: (paths: string[]) => void;
}

/** Further parameters that get the same value in every trial: the units of two layers, say. */
function Together({ name, companions, others, onChange }: TogetherProps) {
  const { t } = useTranslation();
  return (
    <MultiSelect
      size="xs"
      searchable
      clearable
      limit={100}
      aria-label={t("What changes together with {{name}}", { name })}
      placeholder={companions.length === 0 ? t("Change together with …") : ""}
      nothingFoundMessage={t("Nothing is called so.")}
      leftSection={<Link2 size={14} aria-hidden />}
      data={[...companions, ...others].map((knob) => ({ value: knob.path, label: ownedTitle(knob) }))}
      value={companions.map(({ path }) => path)}
      onChange={onChange}
    />
  );
}

type Set = (change: Partial<RangeDraft>) => void;

function Bounds({ draft, grid, set }: { draft: RangeDraft; grid: boolean; set: Set }) {
  const { t } = useTranslation();
  return (
    <div className={classes["bounds"]}>
      <TextInput size="xs" label={t("From")} inputMode="decimal" value={draft.low} onChange={(event) => set({ low: event.currentTarget.value })} />
      <TextInput size="xs" label={t("To")} inputMode="decimal" value={draft.high} onChange={(event) => set({ high: event.currentTarget.value })} />
      {grid ? (
        <TextInput
          size="xs"
          label={t("In so many values")}
          inputMode="numeric"
          value={draft.points}
          onChange={(event) => set({ points: event.currentTarget.value })}
        />
      ) : null}
      <Switch size="xs" label={t("Logarithmic")} checked={draft.log} onChange={(event) => set({ log: event.currentTarget.checked })} />
    </div>
  );
}

function Values({ draft, knob, name, set }: { draft: RangeDraft; knob: Knob; name: string; set: Set }) {
  const { t } = useTranslation();
  const options = optionsOf(knob);
  const label = t("Values of {{name}}", { name });
  if (options)
    return (
      <MultiSelect
        size="xs"
        aria-label={label}
        searchable={options.length > 8}
        data={options.map((option) => valueText(option))}
        value={draft.values}
        onChange={(values) => set({ values })}
      />
    );
  return (
    <TagsInput
      size="xs"
      aria-label={label}
      placeholder={t("A value, then Enter")}
      value={draft.values}
      // "3,3" is one value, not two.
      splitChars={[";", " "]}
      onChange={(values) => set({ values: values.map((value) => value.trim()).filter(Boolean) })}
    />
  );
}
