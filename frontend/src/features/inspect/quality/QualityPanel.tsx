import { Alert, Group, SegmentedControl, Skeleton, Stack, Text } from "@mantine/core";
import { useState } from "react";

import type { Subject } from "@/api/inspect";
import type { Evaluation, EvaluationPart } from "@/api/types";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";
import { ProblemText } from "@/shared/ProblemText";

import { HistogramView } from "../draw/HistogramView";
import { Calibration, ClassTable } from "./ClassTable";
import { type Cell, Confusion } from "./Confusion";
import classes from "./quality.module.css";
import { useEvaluation } from "./queries";
import { Residuals } from "./Residuals";
import { Samples } from "./Samples";

interface Props {
  subject: Subject;
  stamp: string;
  hasValidation: boolean;
}

/** How good a network is and where it is wrong, down to the single sample. */
export function QualityPanel({ subject, stamp, hasValidation }: Props) {
  const { t } = useTranslation();
  const [part, setPart] = useState<EvaluationPart>("test");
  const found = useEvaluation(subject, stamp, part);
  return (
    <Stack gap="md">
      <Group gap="md">
        {hasValidation ? (
          <SegmentedControl
            size="xs"
            aria-label={t("Samples")}
            data={[
              { value: "test", label: t("Test samples") },
              { value: "validation", label: t("Validation samples") },
            ]}
            value={part}
            onChange={(value) => setPart(value === "validation" ? "validation" : "test")}
          />
        ) : null}
        {found.data ? <Summary found={found.data} /> : null}
      </Group>
      {found.error ? <ProblemText error={found.error} onRetry={() => void found.refetch()} /> : null}
      {found.data ? <Body key={found.data.part} subject={subject} stamp={stamp} found={found.data} /> : found.error ? null : <Skeleton height={300} />}
    </Stack>
  );
}

function Summary({ found }: { found: Evaluation }) {
  const { t } = useTranslation();
  const parts = [
    found.count < found.total
      ? t("{{shown}} of {{total}} samples", { shown: formatNumber(found.count), total: formatNumber(found.total) })
      : t("{{amount}} samples", { amount: formatNumber(found.count) }),
    ...(found.classes ? [t("{{percent}} % right", { percent: (100 * found.classes.accuracy).toFixed(1) })] : []),
    ...(found.loss === null ? [] : [t("loss {{loss}}", { loss: formatMetric(found.loss) })]),
  ];
  return (
    <Text size="sm" c="dimmed" className="nw-numbers">
      {parts.join(" · ")}
    </Text>
  );
}

function Body({ subject, stamp, found }: { subject: Subject; stamp: string; found: Evaluation }) {
  const { t } = useTranslation();
  const [cell, setCell] = useState<Cell | null>(null);
  const label = (index: number): string => found.classes?.classes.find((row) => row.index === index)?.label ?? String(index);
  const title = cell
    ? cell.actual === cell.predicted
      ? t("{{label}}, recognised", { label: label(cell.actual) })
      : t("{{actual}} taken for {{predicted}}", { actual: label(cell.actual), predicted: label(cell.predicted) })
    : found.kind === "classes"
      ? t("All mistakes")
      : t("The worst samples");
  return (
    <>
      {found.same_data ? null : (
        <Alert color="orange" variant="light">
          {t("The data set has changed since this network was trained on it.")}
        </Alert>
      )}
      {found.classes ? (
        <div className={classes["columns"]}>
          <Confusion quality={found.classes} chosen={cell} onChoose={(next) => setCell(same(cell, next) ? null : next)} />
          <Stack gap="md">
            <ClassTable quality={found.classes} />
            <Calibration quality={found.classes} />
          </Stack>
        </div>
      ) : null}
      {found.values ? <Residuals quality={found.values} name={found.label} /> : null}
      {found.kind === "reconstruction" || found.kind === "loss" ? (
        <div>
          <Text size="sm" fw={600}>
            {t("Loss by sample")}
          </Text>
          <HistogramView histogram={found.losses} name={t("Loss by sample")} width={360} height={110} />
        </div>
      ) : null}
      <Samples subject={subject} stamp={stamp} part={found.part} cell={cell} wrong={cell === null && found.kind === "classes"} title={title} />
    </>
  );
}

const same = (a: Cell | null, b: Cell): boolean => a?.actual === b.actual && a.predicted === b.predicted;
