import { Badge, Button, Chip, Group, SimpleGrid, Skeleton, Text, TextInput, Title, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Search, Timer } from "lucide-react";
import { useState } from "react";

import type { Template } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { DatasetTitle } from "@/shared/DatasetTitle";
import { MiniGraph } from "@/shared/MiniGraph";
import { ProblemText } from "@/shared/ProblemText";

import { families, type Family, familyColours, findTemplates, pictureOf, textOf, wordsOf } from "./gallery";
import classes from "./projects.module.css";
import { templatesQuery, useCreateProject } from "./queries";

const ALL = "all";

/** Networks that work, with what to expect of them. */
export function TemplateGallery() {
  const { t } = useTranslation();
  const templates = useQuery(templatesQuery);
  const [family, setFamily] = useState<Family | null>(null);
  const [search, setSearch] = useState("");
  if (templates.data?.items.length === 0) return null;
  const known = templates.data?.items ?? [];
  const found = findTemplates(known, family, search);
  const names = (Object.keys(families) as Family[]).filter((name) => known.some((one) => one.family === name));
  return (
    <section aria-labelledby="templates">
      <Group justify="space-between" align="end" mb="sm" gap="sm">
        <div>
          <Title order={2} id="templates">
            {t("Templates")}
          </Title>
          <Text size="sm" c="dimmed">
            {t("Networks that work: one click opens a copy, ready to train.")}
          </Text>
        </div>
        <TextInput
          type="search"
          size="sm"
          w={230}
          aria-label={t("Search the templates")}
          placeholder={t("Search the templates")}
          leftSection={<Search size={15} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </Group>
      <Chip.Group value={family ?? ALL} onChange={(next) => setFamily(next === ALL ? null : next)}>
        <Group gap={6} mb="md" role="radiogroup" aria-label={t("Family")}>
          <Chip size="xs" value={ALL}>
            {t("All")}
          </Chip>
          {names.map((name) => (
            <Chip key={name} size="xs" value={name} color={familyColours[name]}>
              {t(families[name])}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      {templates.isError ? (
        <ProblemText error={templates.error} title={t("No templates")} onRetry={() => void templates.refetch()} />
      ) : (
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="md">
          {templates.isPending
            ? [1, 2, 3].map((key) => <Skeleton key={key} height={292} radius="md" />)
            : found.map((template) => <TemplateCard key={template.id} template={template} />)}
        </SimpleGrid>
      )}
      {templates.isSuccess && found.length === 0 ? (
        <Group gap="sm">
          <Text c="dimmed">{t("No template has all of these words.")}</Text>
          <Button
            size="compact-sm"
            variant="light"
            onClick={() => {
              setSearch("");
              setFamily(null);
            }}
          >
            {t("Show all templates")}
          </Button>
        </Group>
      ) : null}
    </section>
  );
}

function TemplateCard({ template }: { template: Template }) {
  const { t } = useTranslation();
  const create = useCreateProject();
  const { id, family, dataset, graph, result } = template;
  const { title, summary, expected } = wordsOf(template);
  return (
    <div className={`${classes["card"] ?? ""} nw-card-ground`} aria-disabled={create.isPending || undefined}>
      <div className={classes["picture"]}>
        <SampleView id={id} />
        <MiniGraph graph={graph} height={44} />
      </div>
      <div className={classes["words"]}>
        <div className={classes["line"]}>
          <UnstyledButton
            className="nw-card-link"
            aria-label={t("Start from {{title}}", { title })}
            disabled={create.isPending}
            onClick={() => create.mutate({ name: title, template: id })}
          >
            <Text fw={620} lineClamp={1}>
              {title}
            </Text>
          </UnstyledButton>
          <Badge size="xs" variant="light" tt="none" c="var(--nw-text)" color={familyColours[family]}>
            {t(families[family])}
          </Badge>
        </div>
        <Text size="xs" c="dimmed" lineClamp={3}>
          {summary}
        </Text>
        <dl className={classes["foot"]}>
          <dt>{t("Data")}</dt>
          <dd className={classes["data"]}>
            <DatasetTitle id={dataset} />
            {result ? (
              <span>
                <Timer size={13} aria-hidden />
                {duration(result.seconds, t)}
              </span>
            ) : null}
          </dd>
          <dt>{t("Expect")}</dt>
          <dd>{expected}</dd>
        </dl>
      </div>
    </div>
  );
}

function SampleView({ id }: { id: string }) {
  const picture = pictureOf(id);
  const text = textOf(id);
  if (picture !== undefined) return <img className={classes["sample"]} src={picture} alt="" />;
  return text === undefined ? null : (
    <p className={classes["written"]} lang="en">
      {text}
    </p>
  );
}

function duration(seconds: number, t: ReturnType<typeof useTranslation>["t"]): string {
  if (seconds < 60) return t("about {{seconds}} s", { seconds: Math.max(1, Math.round(seconds)) });
  return t("about {{minutes}} min", { minutes: Math.round(seconds / 30) / 2 });
}
