import { Alert, Text } from "@mantine/core";
import { useCallback, useMemo } from "react";

import type { Inside } from "@/api/types";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";

import type { Scheme } from "../draw/colors";
import { ColorLegend } from "../draw/PictureView";
import { PixelCanvas } from "../draw/PixelCanvas";
import classes from "./film.module.css";
import { nearestColumn, paintFlow, readFlow, seenColumns, vanishing } from "./flow";

/** How much gradient reaches each layer, over time and at the step that is shown. */
export function GradientFlow({ inside, at }: { inside: Inside; at: number }) {
  const { t } = useTranslation();
  const flow = useMemo(() => readFlow(inside.weights), [inside.weights]);
  const columns = useMemo(() => seenColumns(flow), [flow]);
  const paint = useCallback((scheme: Scheme) => paintFlow(flow, columns, scheme), [flow, columns]);
  const column = nearestColumn(columns, at);
  if (column === null) return <Text size="sm" c="dimmed">{t("No gradient was seen yet: the next snapshot will have it.")}</Text>;
  const step = inside.snapshots[column]?.step ?? 0;
  const factor = vanishing(flow, column);
  const place = columns.indexOf(column);
  const sum = flow.names.map((name, row) => `${name} ${formatNorm(flow.rows[row]?.[column] ?? null)}`).join(", ");
  return (
    <>
      {factor === null ? null : (
        <Alert color="orange" variant="light" mb="sm">
          {t("{{first}} gets {{factor}} times less gradient than {{last}}: it hardly learns. Residual connections, normalisation or ReLU help.", {
            first: flow.names[0] ?? "",
            last: flow.names.at(-1) ?? "",
            factor: formatMetric(factor),
          })}
        </Alert>
      )}
      <div className={classes["flow"]}>
        <div className={classes["flowNames"]} style={{ gridTemplateRows: `repeat(${flow.names.length}, 26px)` }} aria-hidden>
          {flow.names.map((name) => (
            <span key={name}>{name}</span>
          ))}
        </div>
        <div className={classes["mapBody"]}>
          <PixelCanvas
            paint={paint}
            label={t("Norm of the gradient by layer, {{snapshots}} snapshots. At step {{step}}: {{sum}}", {
              snapshots: columns.length,
              step: formatNumber(step),
              sum,
            })}
            className={classes["flowCanvas"]}
            style={{ height: 26 * flow.names.length }}
          />
          <span className={classes["mapMark"]} style={{ left: `${(100 * (place + 0.5)) / columns.length}%`, height: 26 * flow.names.length }} aria-hidden />
          <div className={classes["mapSteps"]} aria-hidden>
            <span>{formatNumber(inside.snapshots[columns[0] ?? 0]?.step ?? 0)}</span>
            <span>{t("step {{step}}", { step: formatNumber(inside.snapshots[columns.at(-1) ?? 0]?.step ?? 0) })}</span>
          </div>
        </div>
        <Bars flow={flow} column={column} />
      </div>
      <ColorLegend low={10 ** flow.low} high={10 ** flow.high} />
      <Text size="xs" c="dimmed" mt={4}>
        {t("Norm of each layer's gradient, on a logarithmic scale; bars at step {{step}}.", { step: formatNumber(step) })}
      </Text>
    </>
  );
}

const formatNorm = (log: number | null): string => (log === null ? "–" : formatMetric(10 ** log));

function Bars({ flow, column }: { flow: ReturnType<typeof readFlow>; column: number }) {
  const spread = flow.high - flow.low || 1;
  return (
    <div className={classes["bars"]} aria-hidden>
      {flow.rows.map((row, at) => {
        const value = row[column] ?? null;
        const width = value === null ? 0 : 8 + (92 * (value - flow.low)) / spread;
        return (
          <span key={flow.names[at]} className={classes["barRow"]}>
            <span className={classes["bar"]} style={{ width: `${width}%` }} />
            <span className="nw-numbers">{formatNorm(value)}</span>
          </span>
        );
      })}
    </div>
  );
}
