import { Button, Group, NumberInput, Slider, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { PenLine } from "lucide-react";
import { useState } from "react";

import { type Continuation, continueText } from "@/api/models";
import type { ModelVersion } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { ProblemText } from "@/shared/ProblemText";

import classes from "./creating.module.css";

const LONGEST = 1000;
const LONGEST_PROMPT = 4000;
const PROMPT_SHOWN = 32;

/** A text to begin with; the network goes on, letter by letter. */
export function ContinueBox({ name, version }: { name: string; version: ModelVersion }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<Continuation>({ prompt: firstPrompt(version), length: 200, temperature: 0.8, seed: 0 });
  const writing = useMutation({ mutationFn: (wanted: Continuation) => continueText(name, version.version, wanted) });
  const change = (part: Partial<Continuation>): void => setAsked({ ...asked, ...part });

  function write(): void {
    writing.mutate(asked);
    change({ seed: asked.seed + 1 }); // the same again would be the same text
  }

  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Go on with a text")}>
      <h2>{t("Go on with a text")}</h2>
      <Textarea
        label={t("Beginning")}
        autosize
        minRows={2}
        maxRows={6}
        maxLength={LONGEST_PROMPT}
        value={asked.prompt}
        onChange={(event) => change({ prompt: event.currentTarget.value })}
      />
      <div className={classes["knobs"]}>
        <NumberInput
          label={t("Characters")}
          size="xs"
          min={1}
          max={LONGEST}
          clampBehavior="strict"
          allowDecimal={false}
          value={asked.length}
          onChange={(value) => change({ length: typeof value === "number" && value >= 1 ? value : 1 })}
        />
        <div>
          <Text size="xs" fw={500}>
            {t("Temperature {{temperature}}", { temperature: asked.temperature.toFixed(2) })}
          </Text>
          <Slider
            size="sm"
            mt={8}
            min={0}
            max={2}
            step={0.05}
            value={asked.temperature}
            label={null}
            thumbLabel={t("Temperature")}
            onChange={(temperature) => change({ temperature })}
          />
          <Text size="xs" c="dimmed" mt={4}>
            {t("0 always takes the likeliest letter; higher dares more.")}
          </Text>
        </div>
        <Button leftSection={<PenLine size={15} aria-hidden />} loading={writing.isPending} onClick={write}>
          {t("Write on")}
        </Button>
      </div>
      {writing.error ? <ProblemText error={writing.error} title={t("Nothing was written")} /> : null}
      {writing.data ? (
        <blockquote className={classes["written"]} lang="en" aria-live="polite">
          <span>{writing.variables.prompt}</span>
          {writing.data.text}
        </blockquote>
      ) : null}
      {writing.data ? (
        <Group justify="flex-end" mt="xs">
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() => change({ prompt: `${writing.variables.prompt}${writing.data.text}`.slice(-LONGEST_PROMPT) })}
          >
            {t("Take it as the beginning")}
          </Button>
        </Group>
      ) : null}
    </section>
  );
}

function firstPrompt({ sample }: ModelVersion): string {
  return typeof sample === "string" ? sample.slice(0, PROMPT_SHOWN) : "";
}
