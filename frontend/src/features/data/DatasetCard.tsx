import { Badge, Group, Text } from "@mantine/core";
import { Image as ImageIcon, Table2 } from "lucide-react";
import { Link } from "wouter";

import type { Dataset } from "@/api/types";
import { formatShape } from "@/shared/format";

import classes from "./data.module.css";

const tasks: Record<string, string> = {
  classification: "Classification",
  regression: "Regression",
  unlabelled: "No labels",
};

export const taskName = (task: string): string => tasks[task] ?? task;

/** One data set among others; one that is not here says why and cannot be opened. */
export function DatasetCard({ dataset }: { dataset: Dataset }) {
  const body = <CardBody dataset={dataset} />;
  const look = `nw-card ${classes["card"] ?? ""}`;
  if (!dataset.available)
    return (
      <div className={look} aria-label={`${dataset.title}, not available`} role="group">
        {body}
      </div>
    );
  return (
    <Link href={`/data/${encodeURIComponent(dataset.id)}`} className={look} aria-label={dataset.title}>
      {body}
    </Link>
  );
}

/** Columns as people see them, before words become several inputs. */
const fieldCount = (input: Dataset["input"]): number => input.fields?.length ?? input.columns?.length ?? 0;

function CardBody({ dataset }: { dataset: Dataset }) {
  const { samples, input } = dataset;
  const Icon = input.kind === "image" ? ImageIcon : Table2;
  return (
    <>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Group gap={8} wrap="nowrap">
          <Icon size={17} aria-hidden />
          <Text fw={600}>{dataset.title}</Text>
        </Group>
        {dataset.origin === "upload" ? (
          <Badge size="sm" variant="light" tt="none">
            Yours
          </Badge>
        ) : null}
      </Group>
      <p className={classes["summary"]}>{dataset.summary}</p>
      {dataset.available ? (
        <p className={classes["counts"]}>
          {taskName(dataset.task)} · {(samples.train + samples.test).toLocaleString("en")} samples ·{" "}
          {input.kind === "table" ? `${fieldCount(input)} columns` : `${formatShape(input.shape)} images`}
        </p>
      ) : (
        <Text size="xs" c="var(--nw-warn)">
          Not available: {dataset.why}
        </Text>
      )}
    </>
  );
}
