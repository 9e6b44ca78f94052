import { Anchor, Select, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import type { Dataset } from "@/api/types";
import type { Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatShape } from "@/shared/format";
import { ProblemText } from "@/shared/ProblemText";
import { datasetQuery } from "@/shared/queries";

import { useDatasets } from "./queries";

interface Props {
  value: string | null;
  onChange: (id: string | null) => void;
}

export function DatasetPicker({ value, onChange }: Props) {
  const { t } = useTranslation();
  const { data, error, refetch } = useDatasets();
  const listed = data?.items.find((dataset) => dataset.id === value);
  // the project may have an earlier version, which the list leaves out
  const earlier = useQuery({ ...datasetQuery(value ?? ""), enabled: data !== undefined && value !== null && listed === undefined });
  const chosen = listed ?? earlier.data;
  if (error && !data) return <ProblemText error={error} onRetry={() => void refetch()} />;
  return (
    <div>
      <Select
        size="xs"
        label={t("Data set")}
        placeholder={data ? t("Choose one") : t("Loading …")}
        searchable
        nothingFoundMessage={t("No data set of that name")}
        data={optionsOf([...(earlier.data && !listed ? [earlier.data] : []), ...(data?.items ?? [])], t)}
        value={value}
        onChange={onChange}
      />
      {chosen ? <DatasetSummary dataset={chosen} /> : null}
    </div>
  );
}

/** Those that are not on this machine are shown too, but cannot be chosen. */
function optionsOf(datasets: readonly Dataset[], t: Translate) {
  return datasets.map((dataset) => ({
    value: dataset.id,
    label: dataset.available ? titleOf(dataset, t) : t("{{title}} (not available)", { title: dataset.title }),
    disabled: !dataset.available,
  }));
}

const titleOf = (dataset: Dataset, t: Translate): string =>
  dataset.version > 1 ? t("{{title}}, version {{version}}", { title: dataset.title, version: dataset.version }) : dataset.title;

function DatasetSummary({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  return (
    <div>
      <Text size="xs" c="dimmed" mt={6}>
        {summaryOf(dataset, t)}{" "}
        <Anchor component={Link} href={`/data/${encodeURIComponent(dataset.id)}`} size="xs" underline="always">
          {t("Look at it")}
        </Anchor>
      </Text>
      {dataset.available ? null : (
        <Text size="xs" c="var(--nw-danger)" mt={4} role="alert">
          {t("Not available: {{why}}", { why: dataset.why ?? "" })}
        </Text>
      )}
    </div>
  );
}

/** "1,437 samples to learn from, 360 to test, input 1×8×8, 10 classes". */
export function summaryOf(dataset: Dataset, t: Translate): string {
  const { samples, input, label } = dataset;
  const facts = { train: formatNumber(samples.train), test: formatNumber(samples.test), shape: formatShape(input.shape) };
  if (label.kind === "class")
    return t("{{train}} samples to learn from, {{test}} to test, input {{shape}}, {{classes}} classes.", {
      ...facts,
      classes: label.classes?.length ?? 0,
    });
  if (label.kind === "value")
    return t("{{train}} samples to learn from, {{test}} to test, input {{shape}}, a value to predict.", facts);
  return t("{{train}} samples to learn from, {{test}} to test, input {{shape}}.", facts);
}
