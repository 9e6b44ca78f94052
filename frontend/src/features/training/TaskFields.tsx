import { Button, NumberInput, Select, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useMemo, useState } from "react";

import type { GraphNode, TaskChoice } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { paletteQuery } from "@/shared/queries";

import { asSetting, blank, fieldNames, lacks, nextTurn, nodeChoices, nodeFields, taskKinds, taskNames, taskSays, withKind } from "./task";
import { TurnFields } from "./TurnFields";

const MAX_CLUSTERS = 256;
const MAX_TURNS = 8;

interface Props {
  task: TaskChoice | null;
  nodes: readonly GraphNode[];
  /** Called once the task is whole: half of one is kept here, since it could be neither saved nor trained. */
  onChange: (task: TaskChoice | null) => void;
}

/** What the network is for, and which loss trains which weights. */
export function TaskFields({ task, nodes, onChange }: Props) {
  const { t } = useTranslation();
  const palette = useQuery(paletteQuery);
  const [draft, setDraft] = useState<TaskChoice | null>(null);
  const shown = draft ?? task ?? blank;
  const choices = useMemo(() => {
    const losses = new Set(palette.data?.operators.filter((operator) => operator.is_loss).map((operator) => operator.name));
    return nodeChoices(nodes, (op) => losses.has(op));
  }, [nodes, palette.data]);
  const missing = lacks(shown);

  function change(next: TaskChoice): void {
    const whole = lacks(next).length === 0;
    setDraft(whole ? null : next);
    if (whole) onChange(asSetting(next));
  }

  return (
    <>
      <Select
        size="xs"
        label={t("It learns to")}
        allowDeselect={false}
        data={taskKinds.map((kind) => ({ value: kind, label: t(taskNames[kind]) }))}
        value={shown.kind}
        onChange={(kind) => change(withKind(shown, kind ?? "supervised"))}
      />
      <Text size="xs" c="dimmed">
        {t(taskSays[shown.kind])}
      </Text>
      {nodeFields[shown.kind].map(({ field, needed }) => (
        <Select
          key={field}
          size="xs"
          label={t(fieldNames[field])}
          required={needed}
          clearable={!needed}
          clearButtonProps={{ "aria-label": t("Clear") }}
          searchable
          data={withOwn(choices.inner, shown[field] ?? null)}
          value={shown[field] ?? null}
          error={shown[field] && !choices.inner.includes(shown[field]) ? t("The network has no such node.") : undefined}
          onChange={(node) => change({ ...shown, [field]: node })}
        />
      ))}
      {shown.kind === "clustering" ? (
        <NumberInput
          size="xs"
          label={t("Clusters")}
          min={2}
          max={MAX_CLUSTERS}
          allowDecimal={false}
          clampBehavior="blur"
          value={shown.clusters ?? ""}
          onChange={(value) => {
            if (typeof value === "number" && value >= 2 && value <= MAX_CLUSTERS) change({ ...shown, clusters: value });
          }}
        />
      ) : null}
      {shown.turns.map((turn, at) => (
        <TurnFields
          key={at}
          turn={turn}
          choices={choices}
          onChange={(next) => change({ ...shown, turns: shown.turns.map((old, place) => (place === at ? next : old)) })}
          onRemove={() => change({ ...shown, turns: shown.turns.filter((_, place) => place !== at) })}
        />
      ))}
      {shown.kind !== "language" && shown.turns.length < MAX_TURNS ? (
        <Button size="compact-xs" variant="subtle" leftSection={<Plus size={13} aria-hidden />} onClick={() => change({ ...shown, turns: [...shown.turns, nextTurn(shown.turns)] })}>
          {t("Train in turns")}
        </Button>
      ) : null}
      {missing.length > 0 ? (
        <Text size="xs" c="var(--nw-warn)" role="status">
          {missing.includes("turns") ? t("Each turn needs a name of its own, a loss and weights. Until then the task stays as it was.") : t("Choose the nodes marked with a star. Until then the task stays as it was.")}
        </Text>
      ) : null}
    </>
  );
}

/** A node that is gone stays to be seen, until another is chosen. */
const withOwn = (nodes: readonly string[], own: string | null): string[] => (own === null || nodes.includes(own) ? [...nodes] : [...nodes, own]);
