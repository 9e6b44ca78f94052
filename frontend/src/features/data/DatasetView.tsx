import { Anchor, Group, Pagination, SegmentedControl, Skeleton, Text } from "@mantine/core";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";

import type { Dataset, DatasetPreview, Split } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatBytes, formatShape } from "@/shared/format";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";

import { ClassBalance } from "./ClassBalance";
import { ColumnTable } from "./ColumnTable";
import classes from "./data.module.css";
import { taskName } from "./DatasetCard";
import { DeleteDataset } from "./DeleteDataset";
import { ImageGrid } from "./ImageGrid";
import { useDataset, usePreview } from "./queries";
import { RowTable } from "./RowTable";

const turns: Record<"first" | "previous" | "next" | "last", Message> = {
  first: msg("First page"),
  previous: msg("Previous page"),
  next: msg("Next page"),
  last: msg("Last page"),
};

/** Samples on a page. */
const PER_PAGE = { image: 60, table: 20, text: 20 };

export function DatasetView({ id }: { id: string }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useDataset(id);
  return (
    <>
      <Anchor component={Link} href="/data" size="sm" display="inline-flex" mb="xs">
        <ArrowLeft size={15} aria-hidden />
        &nbsp;{t("All data sets")}
      </Anchor>
      {data ? (
        <DatasetBody dataset={data} />
      ) : error ? (
        <ProblemText error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton height={320} />
      )}
    </>
  );
}

function DatasetBody({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  const [split, setSplit] = useState<Split>("train");
  const [page, setPage] = useState(1);
  const limit = PER_PAGE[dataset.input.kind];
  const preview = usePreview(dataset.id, split, (page - 1) * limit, limit);
  const counts = { train: dataset.samples.train, test: dataset.samples.test };
  const pages = Math.max(1, Math.ceil(counts[split] / limit));
  return (
    <>
      <PageHeader
        title={dataset.title}
        subtitle={dataset.summary}
        actions={dataset.origin === "upload" ? <DeleteDataset dataset={dataset} /> : null}
      />
      <DatasetFacts dataset={dataset} />
      {preview.error && !preview.data ? (
        <ProblemText error={preview.error} onRetry={() => void preview.refetch()} />
      ) : (
        <div className={classes["columns"]}>
          <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Samples")}>
            <Group justify="space-between" mb="sm">
              <SegmentedControl
                size="xs"
                aria-label={t("Part")}
                data={[
                  { value: "train", label: t("Training {{samples}}", { samples: formatNumber(counts.train) }) },
                  { value: "test", label: t("Test {{samples}}", { samples: formatNumber(counts.test) }) },
                ]}
                value={split}
                onChange={(value) => {
                  setSplit(value);
                  setPage(1);
                }}
              />
              {pages > 1 ? (
                <Pagination
                  size="xs"
                  total={pages}
                  value={page}
                  onChange={setPage}
                  siblings={1}
                  getControlProps={(control) => ({ "aria-label": t(turns[control]) })}
                />
              ) : null}
            </Group>
            {preview.data ? (
              <Samples dataset={dataset} preview={preview.data} first={(page - 1) * limit} />
            ) : (
              <Skeleton height={300} />
            )}
          </section>
          <div className={classes["side"]}>
            {preview.data?.class_counts ? <ClassBalance counts={preview.data.class_counts} split={split} /> : null}
            {preview.data?.column_stats?.length ? <ColumnTable stats={preview.data.column_stats} /> : null}
          </div>
        </div>
      )}
    </>
  );
}

function DatasetFacts({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  const facts = [
    t(taskName(dataset.task)),
    t("input {{shape}} {{dtype}}", { shape: formatShape(dataset.input.shape), dtype: dataset.input.dtype }),
    dataset.input.kind === "image" ? t("values {{low}} to {{high}}", { low: dataset.input.low, high: dataset.input.high }) : null,
    formatBytes(dataset.bytes),
    dataset.source === "" ? null : t("from {{source}}", { source: dataset.source }),
    dataset.licence === "" ? null : dataset.licence,
  ];
  return (
    <Text size="sm" c="dimmed" mb="md">
      {facts.filter((fact) => fact !== null).join(" · ")}
    </Text>
  );
}

interface SamplesProps {
  dataset: Dataset;
  preview: DatasetPreview;
  first: number;
}

function Samples({ dataset, preview, first }: SamplesProps) {
  const { t } = useTranslation();
  if (preview.images) return <ImageGrid images={preview.images} />;
  return (
    <RowTable
      columns={preview.columns ?? []}
      rows={preview.rows ?? []}
      labels={preview.labels ?? []}
      labelName={dataset.label.kind === "none" ? null : (dataset.label.name ?? t("label"))}
      first={first}
    />
  );
}
