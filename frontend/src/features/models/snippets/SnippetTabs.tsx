import { Tabs, Text } from "@mantine/core";
import { useMemo } from "react";

import { inferUrl, predictUrl } from "@/api/models";
import type { ModelVersion, RawInput } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { CodeBox } from "@/shared/CodeBox";

import classes from "../models.module.css";
import { compactInput } from "./compact";
import { writeSnippets } from "./snippets";

interface Props {
  name: string;
  version: ModelVersion;
  newest: boolean;
  /** What is being tried; the model's own sample when nothing is. */
  raw: RawInput | null;
}

/** How a program asks this model, with a real input: copied and run as it stands. */
export function SnippetTabs({ name, version, newest, raw }: Props) {
  const { t } = useTranslation();
  const url = predictUrl(name, newest ? undefined : version.version);
  const snippets = useMemo(
    () => writeSnippets(url, compactInput(raw ?? version.sample, version.input)),
    [url, raw, version],
  );
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Use it from a program")}>
      <h2>{t("Use it from a program")}</h2>
      <Tabs defaultValue="curl" keepMounted={false}>
        <Tabs.List mb="sm">
          {snippets.map((snippet) => (
            <Tabs.Tab key={snippet.id} value={snippet.id}>
              {snippet.title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {snippets.map((snippet) => (
          <Tabs.Panel key={snippet.id} value={snippet.id}>
            <CodeBox text={snippet.text} label={snippet.title} maxHeight="230px" wrap />
          </Tabs.Panel>
        ))}
      </Tabs>
      <Text size="xs" c="dimmed" mt="sm" mb={4}>
        {t("The same model by the Open Inference Protocol v2, with preprocessed tensors:")}
      </Text>
      <CodeBox text={inferUrl(name, version.version)} label={t("Open Inference address")} maxHeight="230px" wrap />
    </section>
  );
}
