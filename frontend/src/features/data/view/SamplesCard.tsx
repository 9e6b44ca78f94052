import { Group, Pagination, SegmentedControl, Skeleton, Text } from "@mantine/core";
import { useState } from "react";

import type { SampleFilter } from "@/api/datasets";
import type { Dataset, DatasetPreview, Split } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";

import classes from "../data.module.css";
import { ImageGrid } from "../ImageGrid";
import { RowTable } from "../RowTable";
import { FilterBar } from "./FilterBar";
import { ImagesByClass } from "./ImagesByClass";

const turns: Record<"first" | "previous" | "next" | "last", Message> = {
  first: msg("First page"),
  previous: msg("Previous page"),
  next: msg("Next page"),
  last: msg("Last page"),
};

interface Props {
  dataset: Dataset;
  split: Split;
  onSplit: (split: Split) => void;
  filter: SampleFilter;
  onFilter: (filter: SampleFilter) => void;
  preview: DatasetPreview | undefined;
  page: number;
  perPage: number;
  onPage: (page: number) => void;
}

/** Rows or images of a part, page by page; only those that the filter lets through. */
export function SamplesCard(props: Props) {
  const { t } = useTranslation();
  const { dataset, split, onSplit, filter, onFilter, preview, page, perPage, onPage } = props;
  const [byClass, setByClass] = useState(false);
  const counts = { train: dataset.samples.train, test: dataset.samples.test };
  const total = preview?.total ?? counts[split];
  const pages = Math.max(1, Math.ceil(total / perPage));
  const classed = dataset.input.kind === "image" && dataset.label.kind === "class";
  const filtered = Object.keys(filter).length > 0;
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Samples")}>
      <Group justify="space-between" mb="sm" gap="sm">
        <Group gap="sm">
          <SegmentedControl
            size="xs"
            aria-label={t("Part")}
            data={[
              { value: "train", label: t("Training {{samples}}", { samples: formatNumber(counts.train) }) },
              { value: "test", label: t("Test {{samples}}", { samples: formatNumber(counts.test) }) },
            ]}
            value={split}
            onChange={(value) => onSplit(value)}
          />
          {classed ? (
            <SegmentedControl
              size="xs"
              aria-label={t("Order of the images")}
              data={[
                { value: "all", label: t("All") },
                { value: "class", label: t("By class") },
              ]}
              value={byClass ? "class" : "all"}
              onChange={(value) => setByClass(value === "class")}
            />
          ) : null}
          {byClass ? null : <FilterBar {...{ dataset, filter }} onChange={onFilter} />}
        </Group>
        {pages > 1 && !byClass ? (
          <Pagination
            size="xs"
            total={pages}
            value={page}
            onChange={onPage}
            siblings={1}
            getControlProps={(control) => ({ "aria-label": t(turns[control]) })}
          />
        ) : null}
      </Group>
      {filtered && !byClass && preview ? (
        <Text size="xs" c="dimmed" mb="xs" role="status">
          {t("{{shown}} of {{all}} samples", { shown: formatNumber(total), all: formatNumber(counts[split]) })}
        </Text>
      ) : null}
      {byClass ? (
        <ImagesByClass
          {...{ dataset, split }}
          counts={preview?.class_counts ?? {}}
          onClass={(label) => {
            setByClass(false);
            onFilter({ label });
          }}
        />
      ) : preview ? (
        <Samples dataset={dataset} preview={preview} />
      ) : (
        <Skeleton height={300} />
      )}
    </section>
  );
}

function Samples({ dataset, preview }: { dataset: Dataset; preview: DatasetPreview }) {
  const { t } = useTranslation();
  if (preview.total === 0) return <Text size="sm">{t("No sample is like that.")}</Text>;
  if (preview.images) return <ImageGrid images={preview.images} />;
  return (
    <RowTable
      columns={preview.columns ?? []}
      rows={preview.rows ?? []}
      labels={preview.labels ?? []}
      labelName={dataset.label.kind === "none" ? null : (dataset.label.name ?? t("label"))}
      numbers={preview.indices}
    />
  );
}
