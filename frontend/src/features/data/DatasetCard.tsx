import { Badge, Group, Text } from "@mantine/core";
import { BookText, Image as ImageIcon, Table2 } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";

import type { Dataset } from "@/api/types";
import { type Message, msg, type Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatShape } from "@/shared/format";

import classes from "./data.module.css";

const tasks: Record<string, Message> = {
  classification: msg("Classification"),
  regression: msg("Regression"),
  language: msg("Language"),
  unlabelled: msg("No labels"),
};

export const taskName = (task: string): Message => tasks[task] ?? (task as Message);

/** One data set among others; one that is not here says why and cannot be opened. */
export function DatasetCard({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  const look = `nw-card ${classes["card"] ?? ""}`;
  if (!dataset.available)
    return (
      <div className={look} aria-label={t("{{title}}, not available", { title: dataset.title })} role="group">
        <CardBody dataset={dataset} title={dataset.title} />
      </div>
    );
  // The title is the link, and the card its ground: a screen reader hears the title, not all of the card.
  const title = (
    <Link href={`/data/${encodeURIComponent(dataset.id)}`} className="nw-card-link">
      {dataset.title}
    </Link>
  );
  return (
    <div className={`${look} nw-card-ground`}>
      <CardBody dataset={dataset} title={title} />
    </div>
  );
}

/** Columns as people see them, before words become several inputs. */
const fieldCount = (input: Dataset["input"]): number => input.fields?.length ?? input.columns?.length ?? 0;

const icons = { image: ImageIcon, table: Table2, text: BookText };

function sizeOf(input: Dataset["input"], t: Translate): string {
  if (input.kind === "table") return t("{{count}} columns", { count: fieldCount(input) });
  if (input.kind === "text") return t("{{length}} characters each", { length: formatShape(input.shape) });
  return t("{{shape}} images", { shape: formatShape(input.shape) });
}

function CardBody({ dataset, title }: { dataset: Dataset; title: ReactNode }) {
  const { t } = useTranslation();
  const { samples, input } = dataset;
  const Icon = icons[input.kind];
  return (
    <>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Group gap={8} wrap="nowrap">
          <Icon size={17} aria-hidden />
          <Text fw={600}>{title}</Text>
        </Group>
        {dataset.origin === "upload" ? (
          <Badge size="sm" variant="light" tt="none">
            {dataset.version > 1 ? t("Yours, version {{version}}", { version: dataset.version }) : t("Yours")}
          </Badge>
        ) : null}
      </Group>
      <p className={classes["summary"]}>{dataset.summary}</p>
      {dataset.available ? (
        <p className={classes["counts"]}>
          {[
            t(taskName(dataset.task)),
            t("{{samples}} samples", { samples: formatNumber(samples.train + samples.test) }),
            sizeOf(input, t),
          ].join(" · ")}
        </p>
      ) : (
        <Text size="xs" c="var(--nw-warn)">
          {t("Not available: {{why}}", { why: dataset.why ?? "" })}
        </Text>
      )}
    </>
  );
}
