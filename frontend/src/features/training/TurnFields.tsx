import { ActionIcon, Group, MultiSelect, NumberInput, TagsInput, TextInput } from "@mantine/core";
import { Trash2 } from "lucide-react";

import { useTranslation } from "@/i18n/react";

import type { NodeChoices, Turn } from "./task";
import classes from "./training.module.css";

interface Props {
  turn: Turn;
  choices: NodeChoices;
  onChange: (turn: Turn) => void;
  onRemove: () => void;
}

/** One of several updates of a step: which losses change which weights, and how fast. */
export function TurnFields({ turn, choices, onChange, onRemove }: Props) {
  const { t } = useTranslation();
  return (
    <div className={classes["turn"]} role="group" aria-label={t("Turn {{name}}", { name: turn.name })}>
      <Group gap="xs" wrap="nowrap" align="end">
        <TextInput
          size="xs"
          flex={1}
          label={t("Turn")}
          value={turn.name}
          maxLength={32}
          onChange={(event) => onChange({ ...turn, name: event.currentTarget.value.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_") })}
        />
        <NumberInput
          size="xs"
          w={92}
          label={t("Rate ×")}
          min={0.001}
          max={1000}
          step={0.1}
          value={turn.rate}
          onChange={(value) => {
            if (typeof value === "number" && value > 0) onChange({ ...turn, rate: value });
          }}
        />
        <ActionIcon variant="subtle" color="gray" aria-label={t("Remove the turn {{name}}", { name: turn.name })} onClick={onRemove}>
          <Trash2 size={15} />
        </ActionIcon>
      </Group>
      <MultiSelect size="xs" label={t("Learns from")} data={[...new Set([...choices.losses, ...turn.losses])]} value={turn.losses} onChange={(losses) => onChange({ ...turn, losses })} />
      <TagsInput
        size="xs"
        label={t("Changes the weights of")}
        description={t("Nodes; * stands for any letters.")}
        data={choices.inner}
        value={turn.weights}
        onChange={(weights) => onChange({ ...turn, weights })}
      />
    </div>
  );
}
