import { Badge, Button, Group, Skeleton, Text } from "@mantine/core";
import { Boxes } from "lucide-react";
import { Link } from "wouter";

import type { Model } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";
import { formatAge, formatBytes, formatCount, formatShape } from "@/shared/format";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";

import { headline } from "./metrics";
import classes from "./models.module.css";
import { useModels } from "./queries";

export default function ModelsPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useModels();
  return (
    <div className="nw-page">
      <PageHeader title={t("Models")} subtitle={t("What training has made: try it, take it away, ask it from a program.")} />
      {error && !data ? <ProblemText error={error} onRetry={() => void refetch()} /> : null}
      {data?.items.length === 0 ? <NoModels /> : null}
      <div className={classes["cards"]}>
        {data
          ? data.items.map((model) => <ModelCard key={model.name} model={model} />)
          : error
            ? null
            : [0, 1, 2].map((place) => <Skeleton key={place} height={130} />)}
      </div>
    </div>
  );
}

function ModelCard({ model }: { model: Model }) {
  const { t } = useTranslation();
  const newest = model.versions[0];
  return (
    <Link href={`/models/${encodeURIComponent(model.name)}`} className={`nw-card ${classes["card"] ?? ""}`}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text fw={600} truncate>
          {model.name}
        </Text>
        <Badge size="sm" variant="light" tt="none">
          {t("{{count}} versions", { count: model.versions.length })}
        </Badge>
      </Group>
      {newest ? (
        <>
          <Text size="sm">{headline(newest) ?? t("No metrics")}</Text>
          <Text size="xs" c="dimmed">
            {[
              newest.dataset ?? t("unknown data"),
              formatShape(newest.input.shape),
              t("{{weights}} weights", { weights: formatCount(newest.parameters) }),
              formatBytes(newest.bytes),
            ].join(" · ")}
          </Text>
          <Text size="xs" c="dimmed">
            {t("Trained {{age}}", { age: formatAge(newest.created_at) })}
          </Text>
        </>
      ) : null}
    </Link>
  );
}

function NoModels() {
  const { t } = useTranslation();
  return (
    <EmptyState icon={Boxes} title={t("No model yet")} text={t("A training that completes makes one, named after its project. A template is trained within a minute or two.")}>
      <Button component={Link} href="/">
        {t("To projects and templates")}
      </Button>
    </EmptyState>
  );
}
