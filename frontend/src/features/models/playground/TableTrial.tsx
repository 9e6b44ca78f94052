import { Button } from "@mantine/core";
import { Map as MapIcon } from "lucide-react";
import { useContext, useMemo, useState } from "react";

import type { Cell, Label, ModelVersion } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { InsideSlot } from "@/shared/insideSlot";
import { useReadOnly } from "@/shared/readOnly";

import { useSourceDataset, useTakeSample, useTestSamples } from "../queries";
import { fieldsOf, isComplete, rowOf } from "./row";
import { RowForm } from "./RowForm";
import { isSeries, rangeOf } from "./series";
import { SeriesPad } from "./SeriesPad";
import type { Trial } from "./trial";

interface Props {
  name: string;
  version: ModelVersion;
  onTrial: (trial: Trial) => void;
}

/** A row typed by hand, starting from a real one. */
export function TableTrial({ name, version, onTrial }: Props) {
  const { t } = useTranslation();
  const slots = useContext(InsideSlot);
  const shared = useReadOnly();
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

  const numbers = fields.filter(({ kind }) => kind === "number").length;
  const plane = numbers === 2 && fields.length === 2;
  const [mapped, setMapped] = useState(plane);
  const canMap = slots !== null && numbers >= 2 && (id !== null || shared) && version.does[0] === "predict";
  const stats = preview.data?.column_stats ?? [];
  const values = row.map(Number);
  return (
    <div>
      {isSeries(fields) && values.every(Number.isFinite) ? (
        <SeriesPad values={values} range={rangeOf(stats, values)} ends={[fields[0]?.name ?? "", fields.at(-1)?.name ?? ""]} onValues={(drawn) => show(drawn)} />
      ) : null}
      {canMap && mapped ? slots.decisions({ name, version, input: isComplete(row, fields) ? row : rowOf(version.sample, fields), onRow: (cells) => show(cells) }) : null}
      {canMap && !plane ? (
        <Button size="compact-xs" variant="default" mb="sm" leftSection={<MapIcon size={14} aria-hidden />} onClick={() => setMapped(!mapped)}>
          {mapped ? t("Hide the map") : t("Map of two columns")}
        </Button>
      ) : null}
      <RowForm
        fields={fields}
        stats={stats}
        row={row}
        testSamples={id === null ? 0 : (dataset.data?.samples.test ?? 0)}
        onRow={(cells) => show(cells)}
        onSample={take}
      />
    </div>
  );
}
