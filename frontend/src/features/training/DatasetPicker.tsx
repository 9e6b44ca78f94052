import { Anchor, Select, Text } from "@mantine/core";
import { Link } from "wouter";

import type { Dataset } from "@/api/types";
import { formatShape } from "@/shared/format";
import { ProblemText } from "@/shared/ProblemText";

import { useDatasets } from "./queries";

interface Props {
  value: string | null;
  onChange: (id: string | null) => void;
}

export function DatasetPicker({ value, onChange }: Props) {
  const { data, error, refetch } = useDatasets();
  const chosen = data?.items.find((dataset) => dataset.id === value);
  if (error && !data) return <ProblemText error={error} onRetry={() => void refetch()} />;
  return (
    <div>
      <Select
        size="xs"
        label="Data set"
        placeholder={data ? "Choose one" : "Loading …"}
        searchable
        nothingFoundMessage="No data set of that name"
        data={optionsOf(data?.items ?? [])}
        value={value}
        onChange={onChange}
      />
      {chosen ? <DatasetSummary dataset={chosen} /> : null}
    </div>
  );
}

/** Those that are not on this machine are shown too, but cannot be chosen. */
function optionsOf(datasets: readonly Dataset[]) {
  return datasets.map((dataset) => ({
    value: dataset.id,
    label: dataset.available ? dataset.title : `${dataset.title} (not available)`,
    disabled: !dataset.available,
  }));
}

function DatasetSummary({ dataset }: { dataset: Dataset }) {
  return (
    <div>
      <Text size="xs" c="dimmed" mt={6}>
        {summaryOf(dataset)}.{" "}
        <Anchor component={Link} href={`/data/${encodeURIComponent(dataset.id)}`} size="xs">
          Look at it
        </Anchor>
      </Text>
      {dataset.available ? null : (
        <Text size="xs" c="var(--nw-danger)" mt={4} role="alert">
          Not available: {dataset.why}
        </Text>
      )}
    </div>
  );
}

/** "1,437 samples to learn from, 360 to test, input 1×8×8, 10 classes". */
export function summaryOf(dataset: Dataset): string {
  const { samples, input, label } = dataset;
  const parts = [
    `${samples.train.toLocaleString("en")} samples to learn from, ${samples.test.toLocaleString("en")} to test`,
    `input ${formatShape(input.shape)}`,
  ];
  if (label.kind === "class") parts.push(`${label.classes?.length ?? 0} classes`);
  if (label.kind === "value") parts.push("a value to predict");
  return parts.join(", ");
}
