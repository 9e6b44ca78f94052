import { useMemo, useState } from "react";

import type { Cell, Label, ModelVersion } from "@/api/types";

import { useSourceDataset, useTakeSample, useTestSamples } from "../queries";
import { fieldsOf, isComplete, rowOf } from "./row";
import { RowForm } from "./RowForm";
import type { Trial } from "./trial";

interface Props {
  version: ModelVersion;
  onTrial: (trial: Trial) => void;
}

/** A row typed by hand, starting from a real one. */
export function TableTrial({ version, onTrial }: Props) {
  const fields = useMemo(() => fieldsOf(version.input), [version.input]);
  const [row, setRow] = useState<Cell[]>(() => rowOf(version.sample, fields));
  const dataset = useSourceDataset(version.dataset);
  const id = dataset.data?.available ? dataset.data.id : null;
  const preview = useTestSamples(id, 0, 1);

  const show = (cells: Cell[], truth?: Label): void => {
    setRow(cells);
    onTrial({ raw: isComplete(cells, fields) ? cells : null, ...(truth === undefined ? {} : { truth }) });
  };
  const take = useTakeSample(id ?? "", (sample) => show(rowOf(sample.input, fields), sample.label));

  return (
    <RowForm
      fields={fields}
      stats={preview.data?.column_stats ?? []}
      row={row}
      testSamples={id === null ? 0 : (dataset.data?.samples.test ?? 0)}
      onRow={(cells) => show(cells)}
      onSample={take}
    />
  );
}
