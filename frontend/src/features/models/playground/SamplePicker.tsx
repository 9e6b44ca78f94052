import { Group, Pagination, Skeleton, Text } from "@mantine/core";
import { useState } from "react";

import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { ProblemText } from "@/shared/ProblemText";

import classes from "../models.module.css";
import { useTestSamples } from "../queries";

const PER_PAGE = 30;

interface Props {
  dataset: string;
  picked: number | null;
  onPick: (index: number) => void;
}

/** Pictures the network has not been trained on, to choose from. */
export function SamplePicker({ dataset, picked, onPick }: Props) {
  const { t } = useTranslation();
  const [page, setPage] = useState(1);
  const { data, error } = useTestSamples(dataset, (page - 1) * PER_PAGE, PER_PAGE);
  if (error && !data) return <ProblemText error={error} title={t("The samples are not there")} />;
  if (!data) return <Skeleton height={220} />;
  const pages = Math.ceil(data.total / PER_PAGE);
  return (
    <div>
      <div className={classes["thumbs"]} role="group" aria-label={t("Test samples")}>
        {data.images?.map((image) => (
          <button
            key={image.index}
            type="button"
            className={classes["thumb"]}
            aria-pressed={picked === image.index}
            aria-label={image.label === null ? t("Sample {{index}}", { index: image.index }) : t("Sample {{index}}, {{label}}", { index: image.index, label: image.label })}
            onClick={() => onPick(image.index)}
          >
            <img src={image.png} alt="" />
          </button>
        ))}
      </div>
      {pages > 1 ? (
        <Group justify="space-between" mt="xs" gap="xs">
          <Text size="xs" c="dimmed">
            {t("{{samples}} test samples", { samples: formatNumber(data.total) })}
          </Text>
          <Pagination
            size="xs"
            total={pages}
            value={page}
            siblings={0}
            onChange={setPage}
            getControlProps={(control) => ({ "aria-label": `${control} page` })}
          />
        </Group>
      ) : null}
    </div>
  );
}
