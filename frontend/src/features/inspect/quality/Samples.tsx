import { Button, Skeleton, Text } from "@mantine/core";

import type { Subject } from "@/api/inspect";
import type { EvaluatedSample, EvaluationPart } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";
import { ProblemText } from "@/shared/ProblemText";

import type { Cell } from "./Confusion";
import classes from "./quality.module.css";
import { useEvaluated } from "./queries";

interface Props {
  subject: Subject;
  stamp: string;
  part: EvaluationPart;
  cell: Cell | null;
  wrong: boolean;
  title: string;
}

/** Samples with what was said of them, the greatest loss first. */
export function Samples({ subject, stamp, part, cell, wrong, title }: Props) {
  const { t } = useTranslation();
  const query = { part, actual: cell?.actual ?? null, predicted: cell?.predicted ?? null, wrong };
  const found = useEvaluated(subject, stamp, query);
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  const total = found.data?.pages[0]?.total ?? 0;
  return (
    <section aria-label={title}>
      <Text size="sm" fw={600} mb={6} aria-live="polite">
        {title}
        {found.data ? ` · ${t("{{shown}} of {{total}}, greatest loss first", { shown: items.length, total })}` : ""}
      </Text>
      {found.error ? <ProblemText error={found.error} /> : null}
      {found.data || found.error ? null : <Skeleton height={120} />}
      <div className={classes["samples"]} role="list">
        {items.map((item) => (
          <SampleCard key={item.row} item={item} />
        ))}
      </div>
      {found.hasNextPage ? (
        <Button size="compact-sm" variant="default" mt="sm" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("Show more")}
        </Button>
      ) : null}
    </section>
  );
}

function SampleCard({ item }: { item: EvaluatedSample }) {
  const { t } = useTranslation();
  const label = item.label === null ? "–" : written(item.label);
  const said = item.predicted === null ? null : written(item.predicted);
  const words = said === null ? t("is {{label}}", { label }) : t("is {{label}}, taken for {{said}}", { label, said });
  return (
    <div className={classes["sampleCard"]} role="listitem" data-wrong={(said !== null && said !== label) || undefined}>
      {item.png === null ? null : (
        <span className={classes["images"]}>
          <img src={item.png} alt={t("Sample {{number}}", { number: item.row })} />
          {item.output_png === null ? null : <img src={item.output_png} alt={t("What the network makes of it")} />}
        </span>
      )}
      {item.cells === null ? null : <span className={classes["cells"]}>{item.cells.map((cell) => (cell === null ? "–" : written(cell))).join(", ")}</span>}
      <span className={classes["said"]}>{words}</span>
      <span className={classes["dim"]}>
        {t("loss {{loss}}", { loss: formatMetric(item.loss) })} · {t("no. {{number}}", { number: item.row })}
      </span>
      {item.top.map((one) => (
        <span key={one.label} className={classes["top"]} style={{ "--share": `${Math.round(100 * Number(one.p))}%` } as React.CSSProperties}>
          <span>{one.label}</span>
          <span className="nw-numbers">{(100 * Number(one.p)).toFixed(0)} %</span>
        </span>
      ))}
    </div>
  );
}

const written = (value: string | number): string => (typeof value === "number" ? formatMetric(value) : value);
