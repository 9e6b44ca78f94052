import { SimpleGrid, Text } from "@mantine/core";
import { useMemo } from "react";

import type { ValuesQuality } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";

import { HistogramView } from "../draw/HistogramView";
import { type Point, spanOf } from "../draw/plane";
import { PlaneView } from "../draw/PlaneView";

/** Values as they are against what the network says, and how far it is off. */
export function Residuals({ quality, name }: { quality: ValuesQuality; name: string | null }) {
  const { t } = useTranslation();
  const points = useMemo<Point[]>(() => quality.points.map(([actual, predicted]) => [actual, predicted, Math.abs(predicted - actual)]), [quality]);
  const span = useMemo(() => spanOf(points.flatMap(([x, y]) => [x, y])), [points]);
  const facts = { rmse: formatMetric(quality.rmse), mae: formatMetric(quality.mae), bias: formatMetric(quality.bias) };
  const words = t("Root mean square error {{rmse}}, mean absolute error {{mae}}, on average off by {{bias}}.", facts);
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <PlaneView
        points={points}
        x={span}
        y={span}
        names={[t("actual {{name}}", { name: name ?? "" }), t("predicted")]}
        classNames={null}
        valueName={t("size of the error")}
        diagonal
        label={`${t("Actual against predicted values")}. ${words}`}
        describe={(at) => {
          const [actual, predicted] = points[at] ?? [0, 0, 0];
          return t("is {{label}}, taken for {{said}}", { label: formatMetric(actual), said: formatMetric(predicted) });
        }}
      />
      <div>
        <Text size="sm" fw={600}>
          {t("Residuals (predicted − actual)")}
        </Text>
        <HistogramView histogram={quality.residuals} name={t("Residuals (predicted − actual)")} width={340} height={140} />
        <Text size="sm" mt="sm">
          {words}
        </Text>
        {quality.r2 === null ? null : (
          <Text size="sm">{t("R² {{value}}: the part of the variance that is explained.", { value: formatMetric(quality.r2) })}</Text>
        )}
      </div>
    </SimpleGrid>
  );
}
