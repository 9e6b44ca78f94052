import { Skeleton } from "@mantine/core";

import type { Dataset, PreviewImage, Split } from "@/api/types";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { ProblemText } from "@/shared/ProblemText";

import classes from "../data.module.css";
import { useClassExamples } from "../queries";

interface Props {
  dataset: Dataset;
  split: Split;
  counts: Readonly<Record<string, number>>;
  onClass: (label: string) => void;
}

/** A row of images for every class; its name shows all of them. */
export function ImagesByClass({ dataset, split, counts, onClass }: Props) {
  const { t } = useTranslation();
  const { data, error } = useClassExamples(dataset.id, split);
  if (error && !data) return <ProblemText error={error} />;
  if (!data) return <Skeleton height={300} />;
  const groups = new Map<string, PreviewImage[]>((dataset.label.classes ?? []).map((label) => [label, []]));
  for (const image of data.images) groups.get(String(image.label))?.push(image);
  return (
    <ul className={classes["byClass"]} aria-label={t("Images by class")}>
      {[...groups].map(([label, images]) => (
        <li key={label}>
          <button type="button" onClick={() => onClass(label)} title={t("Show all of {{label}}", { label })}>
            {label} <small>{formatNumber(counts[label] ?? 0)}</small>
          </button>
          <div>
            {images.map((image) => (
              <img key={image.index} src={image.png} alt={t("Sample {{index}}", { index: image.index })} loading="lazy" />
            ))}
          </div>
        </li>
      ))}
    </ul>
  );
}
