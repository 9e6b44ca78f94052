import { Button, Group, Text, Textarea } from "@mantine/core";

import type { ModelVersion } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { useSourceDataset, useTakeSample } from "../queries";
import { textOf, unknownCharacters } from "./text";
import type { Trial } from "./trial";

const LONGEST = 4000;

interface Props {
  version: ModelVersion;
  trial: Trial;
  onTrial: (trial: Trial) => void;
}

/** A text typed by hand, or one of the data. */
export function TextTrial({ version, trial, onTrial }: Props) {
  const { t } = useTranslation();
  const dataset = useSourceDataset(version.dataset);
  const samples = dataset.data?.available ? dataset.data.samples.test : 0;
  const take = useTakeSample(dataset.data?.id ?? "", (sample) => onTrial({ raw: textOf(sample.input) }));
  const text = typeof trial.raw === "string" ? trial.raw : "";
  const window = version.input.shape[0] ?? 0;
  const unknown = unknownCharacters(text, version.input.characters);
  return (
    <div>
      {samples > 0 ? (
        <Group gap="xs" mb="sm">
          <Button size="compact-xs" variant="default" onClick={() => take(Math.floor(Math.random() * samples))}>
            {t("Some test sample")}
          </Button>
        </Group>
      ) : null}
      <Textarea
        label={t("Text")}
        autosize
        minRows={2}
        maxRows={8}
        maxLength={LONGEST}
        value={text}
        onChange={(event) => onTrial({ raw: event.currentTarget.value === "" ? null : event.currentTarget.value })}
      />
      {text.length > window ? (
        <Text size="xs" c="dimmed" mt={4}>
          {t("The network reads the last {{amount}} characters.", { amount: window })}
        </Text>
      ) : null}
      {unknown.length > 0 ? (
        <Text size="xs" c="var(--nw-warn)" mt={4} role="status">
          {t("The network has never seen: {{characters}}", { characters: unknown.join(" ") })}
        </Text>
      ) : null}
    </div>
  );
}
