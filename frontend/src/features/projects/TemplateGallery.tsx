import { Badge, SimpleGrid, Skeleton, Text, Title, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Template } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { DatasetTitle } from "@/shared/DatasetTitle";
import { ProblemText } from "@/shared/ProblemText";

import { MiniGraph } from "@/shared/MiniGraph";
import classes from "./projects.module.css";
import { templatesQuery, useCreateProject } from "./queries";

const taskColours: Record<string, string> = { classification: "sea", regression: "orange", reconstruction: "violet" };

const taskNames: Record<Template["task"], Message> = {
  classification: msg("classification"),
  regression: msg("regression"),
  reconstruction: msg("reconstruction"),
  clustering: msg("clustering"),
  generation: msg("generation"),
  language: msg("language"),
};

/** Networks that work, with what to expect of them. */
export function TemplateGallery() {
  const { t } = useTranslation();
  const templates = useQuery(templatesQuery);
  if (templates.data?.items.length === 0) return null;
  return (
    <section aria-labelledby="templates">
      <Title order={2} id="templates" mb="sm">
        {t("Templates")}
      </Title>
      {templates.isError ? (
        <ProblemText error={templates.error} title={t("No templates")} onRetry={() => void templates.refetch()} />
      ) : (
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="md">
          {templates.isPending
            ? [1, 2, 3].map((key) => <Skeleton key={key} height={212} radius="md" />)
            : templates.data.items.map((template) => <TemplateCard key={template.id} template={template} />)}
        </SimpleGrid>
      )}
    </section>
  );
}

function TemplateCard({ template }: { template: Template }) {
  const { t } = useTranslation();
  const create = useCreateProject();
  const { id, title, summary, task, dataset, expected, graph } = template;
  return (
    <UnstyledButton
      className={classes["card"] ?? ""}
      aria-label={t("Start from {{title}}", { title })}
      disabled={create.isPending}
      onClick={() => create.mutate({ name: title, template: id })}
    >
      <div className={classes["picture"]}>
        <MiniGraph graph={graph} />
      </div>
      <div className={classes["words"]}>
        <div className={classes["line"]}>
          <Text fw={620} truncate>
            {title}
          </Text>
          <Badge size="xs" variant="light" color={taskColours[task] ?? "gray"}>
            {t(taskNames[task])}
          </Badge>
        </div>
        <Text size="xs" c="dimmed" lineClamp={2}>
          {summary}
        </Text>
        <dl className={classes["foot"]}>
          <dt>{t("Data")}</dt>
          <dd>
            <DatasetTitle id={dataset} />
          </dd>
          <dt>{t("Expect")}</dt>
          <dd>{expected}</dd>
        </dl>
      </div>
    </UnstyledButton>
  );
}
