import { Button, Slider, Switch, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ZoomOut } from "lucide-react";
import { useMemo, useState } from "react";

import { getRunSeries } from "@/api/runs";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";

import { type CurveSet, readEnvelope } from "../curves";
import { SERIES_POINTS } from "../follow";
import { ChartCard } from "./ChartCard";
import classes from "./charts.module.css";
import type { EventMark } from "./eventMarks";
import { groupCurves } from "./groups";
import type { Range } from "./options";

interface Props {
  runId: string;
  fileName: string;
  curves: CurveSet;
  /** What happened while it trained. */
  events: readonly EventMark[];
  /** Small charts for a panel beside something else. */
  compact?: boolean;
}

/** All curves of a run, one chart per metric, zoomed and smoothed together. */
export function RunCharts({ runId, fileName, curves, events, compact = false }: Props) {
  const { t } = useTranslation();
  const [smoothing, setSmoothing] = useState(0);
  const [logarithmic, setLogarithmic] = useState(false);
  const [range, setRange] = useState<Range | null>(null);
  const shown = useZoomedCurves(runId, curves, range);
  const groups = useMemo(() => groupCurves(shown, t), [shown, t]);

  return (
    <div>
      <div className={classes["tools"]}>
        <div className={classes["slider"]}>
          <span aria-hidden>{t("Smoothing")}</span>
          <Slider
            size="xs"
            min={0}
            max={0.98}
            step={0.01}
            value={smoothing}
            label={(value) => value.toFixed(2)}
            thumbLabel={t("Smoothing")}
            onChange={setSmoothing}
          />
        </div>
        <Switch
          size="xs"
          label={t("Logarithmic")}
          checked={logarithmic}
          onChange={(event) => setLogarithmic(event.currentTarget.checked)}
        />
        {range ? (
          <Button
            size="compact-xs"
            variant="light"
            leftSection={<ZoomOut size={14} />}
            onClick={() => setRange(null)}
          >
            {t("Steps {{first}} to {{last}}: show all", { first: formatNumber(range[0]), last: formatNumber(range[1]) })}
          </Button>
        ) : (
          <Text size="xs" c="dimmed" visibleFrom="md">
            {t("Drag over a chart to zoom in, double-click to see all.")}
          </Text>
        )}
      </div>
      <div className={classes["grid"]}>
        {groups.map((group) => (
          <ChartCard
            key={group.metric}
            group={group}
            fileName={fileName}
            cursorGroup={runId}
            smoothing={smoothing}
            logarithmic={logarithmic}
            height={compact ? 190 : 250}
            range={range}
            events={events}
            onZoom={setRange}
          />
        ))}
      </div>
    </div>
  );
}

/** Where a curve is thinned out, a zoomed range is asked from the server in full. */
function useZoomedCurves(runId: string, curves: CurveSet, range: Range | null): CurveSet {
  const thinned = useMemo(() => [...curves.values()].some((curve) => !curve.full), [curves]);
  const { data } = useQuery({
    queryKey: ["run-series", runId, range],
    queryFn: ({ signal }) =>
      getRunSeries(runId, { points: SERIES_POINTS, ...(range ? { from: range[0], to: range[1] } : {}) }, signal),
    enabled: thinned && range !== null,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  return useMemo(() => {
    if (!data || !thinned || !range) return curves;
    const merged = new Map(curves);
    for (const [key, envelope] of Object.entries(data.series)) {
      if (envelope.step.length > 0) merged.set(key, readEnvelope(key, envelope));
    }
    return merged;
  }, [curves, data, range, thinned]);
}
