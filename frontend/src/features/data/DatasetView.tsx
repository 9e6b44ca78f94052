import { Anchor, Button, Select, Skeleton, Text } from "@mantine/core";
import { ArrowLeft, SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { Link, useLocation } from "wouter";

import type { SampleFilter } from "@/api/datasets";
import type { Dataset, Split } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatBytes, formatShape } from "@/shared/format";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";
import { StepList } from "@/shared/steps/StepList";

import { ClassBalance } from "./ClassBalance";
import classes from "./data.module.css";
import { taskName } from "./DatasetCard";
import { DeleteDataset } from "./DeleteDataset";
import { useColumns, useDataset, useEditDataset, usePreview, useReport, useVersions } from "./queries";
import { ColumnCards } from "./view/ColumnCards";
import { toggle } from "./view/filter";
import { FindingsCard } from "./view/FindingsCard";
import { SamplesCard } from "./view/SamplesCard";

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
  const [split, setSplit] = useState<Split>("train");
  const [page, setPage] = useState(1);
  const [filter, setFilter] = useState<SampleFilter>({});
  const perPage = PER_PAGE[dataset.input.kind];
  const preview = usePreview(dataset.id, split, (page - 1) * perPage, perPage, filter);
  const columns = useColumns(dataset.id, split, dataset.input.kind === "table");
  const show = (next: SampleFilter): void => {
    setFilter(next);
    setPage(1);
  };
  const choose = (label: string): void => {
    const { label: before, ...rest } = filter;
    show(before === label ? rest : { ...rest, label });
  };
  return (
    <>
      <PageHeader title={dataset.title} subtitle={dataset.summary} actions={<DatasetActions dataset={dataset} />} />
      <DatasetFacts dataset={dataset} />
      {preview.error && !preview.data ? (
        <ProblemText error={preview.error} onRetry={() => void preview.refetch()} />
      ) : (
        <div className={classes["columns"]}>
          <div className={classes["side"]}>
            <SamplesCard
              {...{ dataset, split, filter, page, perPage }}
              preview={preview.data}
              onSplit={(next) => {
                setSplit(next);
                setPage(1);
              }}
              onFilter={show}
              onPage={setPage}
            />
            {columns.data && columns.data.columns.length > 0 ? (
              <ColumnCards columns={columns.data} filter={filter} onFilter={(part) => show(toggle(filter, part))} />
            ) : null}
          </div>
          <div className={classes["side"]}>
            <DatasetReport id={dataset.id} />
            {preview.data?.class_counts ? (
              <ClassBalance
                counts={preview.data.class_counts}
                split={split}
                chosen={filter.label ?? null}
                onChoose={dataset.input.kind === "text" ? null : choose}
              />
            ) : null}
          </div>
        </div>
      )}
    </>
  );
}

/** Warnings, and the steps that led from the file to the network's inputs. */
function DatasetReport({ id }: { id: string }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useReport(id);
  if (error && !data) return <ProblemText error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height={160} />;
  return (
    <>
      <FindingsCard findings={data.findings} />
      {data.steps.length > 0 ? (
        <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Steps")}>
          <h2>{t("From the file to the network")}</h2>
          <StepList steps={data.steps} />
          <p className={classes["hint"]}>{t("These steps travel with every model that learns from this data set.")}</p>
        </section>
      ) : null}
    </>
  );
}

function DatasetActions({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const versions = useVersions(dataset.id);
  const edit = useEditDataset();
  const known = versions.data?.items ?? [];
  return (
    <>
      {known.length > 1 ? (
        <Select
          aria-label={t("Version")}
          w={150}
          allowDeselect={false}
          data={known.map((one) => ({ value: one.id, label: t("Version {{version}}", { version: one.version }) }))}
          value={dataset.id}
          onChange={(id) => navigate(`/data/${encodeURIComponent(id ?? dataset.id)}`)}
        />
      ) : null}
      {dataset.input.kind === "text" ? null : (
        <Button
          variant="default"
          leftSection={<SlidersHorizontal size={15} aria-hidden />}
          loading={edit.isPending}
          onClick={() => edit.mutate(dataset.id, { onSuccess: (upload) => navigate(`/data/import/${upload.id}`) })}
        >
          {dataset.input.kind === "table" && dataset.origin === "upload" ? t("Change columns and steps") : t("Change steps")}
        </Button>
      )}
      {dataset.origin === "upload" ? <DeleteDataset dataset={dataset} /> : null}
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
