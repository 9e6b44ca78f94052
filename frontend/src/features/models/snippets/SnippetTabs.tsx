import { ActionIcon, CopyButton, Tabs, Text, Tooltip } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { useMemo } from "react";

import { inferUrl, predictUrl } from "@/api/models";
import type { ModelVersion, RawInput } from "@/api/types";
import { useTranslation } from "@/i18n/react";

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
            <CodeBox text={snippet.text} label={snippet.title} />
          </Tabs.Panel>
        ))}
      </Tabs>
      <Text size="xs" c="dimmed" mt="sm" mb={4}>
        {t("The same model by the Open Inference Protocol v2, with preprocessed tensors:")}
      </Text>
      <CodeBox text={inferUrl(name, version.version)} label={t("Open Inference address")} />
    </section>
  );
}

function CodeBox({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  return (
    <div className={classes["code"]}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls */}
      <pre tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <CopyButton value={text} timeout={1500}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t("Copied") : t("Copy")}>
            <ActionIcon
              className={classes["copy"] ?? ""}
              variant="default"
              aria-label={copied ? t("{{label}} copied", { label }) : t("Copy {{label}}", { label })}
              onClick={copy}
            >
              {copied ? <Check size={15} /> : <Copy size={15} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </div>
  );
}
