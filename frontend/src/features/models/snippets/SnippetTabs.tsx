import { Anchor, Group, SegmentedControl, Switch, Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link } from "wouter";

import { askUrl, inferUrl } from "@/api/models";
import { getSystem } from "@/api/system";
import type { ModelVersion, RawInput } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { CodeBox } from "@/shared/CodeBox";

import classes from "../models.module.css";
import { compactInput } from "./compact";
import { type Asking, askingsOf, KEY_VARIABLE, verbNames, writeSnippets } from "./snippets";

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
  const system = useQuery({ queryKey: ["system"], queryFn: ({ signal }) => getSystem(signal), staleTime: 60_000 });
  const [chosen, setChosen] = useState<Asking["verb"] | null>(null);
  const [withKey, setWithKey] = useState<boolean | null>(null);
  const askings = useMemo(() => askingsOf(version, compactInput(raw ?? version.sample, version.input)), [raw, version]);
  const asking = askings.find(({ verb }) => verb === chosen) ?? askings[0];
  if (!asking) return null;
  const key = withKey ?? system.data?.asks_token ?? false;
  const snippets = writeSnippets(askUrl(name, asking.verb, newest ? undefined : version.version), asking, key);
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Use it from a program")}>
      <h2>{t("Use it from a program")}</h2>
      <Group justify="space-between" mb="xs">
        {askings.length > 1 ? (
          <SegmentedControl
            size="xs"
            aria-label={t("What is asked for")}
            data={askings.map(({ verb }) => ({ value: verb, label: t(verbNames[verb]) }))}
            value={asking.verb}
            onChange={(verb) => setChosen(verb)}
          />
        ) : (
          <span />
        )}
        <Switch size="xs" label={t("With an API key")} checked={key} onChange={(event) => setWithKey(event.currentTarget.checked)} />
      </Group>
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
      {key ? (
        <Text size="xs" c="dimmed" mt={6}>
          {t("The key is read from the variable {{variable}}.", { variable: KEY_VARIABLE })}{" "}
          <Anchor component={Link} href="/access" size="xs">
            {t("Make an API key")}
          </Anchor>
        </Text>
      ) : null}
      <Text size="xs" c="dimmed" mt="sm" mb={4}>
        {t("The same model by the Open Inference Protocol v2, with preprocessed tensors:")}
      </Text>
      <CodeBox text={inferUrl(name, version.version)} label={t("Open Inference address")} maxHeight="230px" wrap />
    </section>
  );
}
