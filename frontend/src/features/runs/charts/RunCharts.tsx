import { Switch } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { getRunSeries } from "@/api/runs";
import type { Run } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { runTitle } from "@/shared/runTitle";

import { type CurveSet, readEnvelope } from "../curves";
import { ChartCard } from "./ChartCard";
import classes from "./charts.module.css";
import { ChartTools } from "./ChartTools";
import { useChartView } from "./chartView";
import type { EventMark } from "./eventMarks";
import { groupCurves } from "./groups";
import type { Range } from "./options";
import { useParent, withParent } from "./parent";

interface Props {
  runId: string;
  fileName: string;
  curves: CurveSet;
  /** What happened while it trained. */
  events: readonly EventMark[];
  /** Where the run comes from: that run's curves lie behind. */
  origin: Run["origin"];
  /** Small charts for a panel beside something else. */
  compact?: boolean;
}

/** All curves of a run, one chart per metric, zoomed and smoothed together. */
export function RunCharts({ runId, fileName, curves, events, origin, compact = false }: Props) {
  const { t } = useTranslation();
  const view = useChartView();
  const { range } = view;
  const shown = useZoomedCurves(runId, curves, range);
  const [behind, setBehind] = useState(true);
  const parent = useParent(origin, range, behind);
  const groups = useMemo(() => withParent(groupCurves(shown, t), parent, t), [shown, parent, t]);

  return (
    <div>
      <ChartTools view={view}>
        {origin ? (
          <Switch
            size="xs"
            label={t("{{run}} behind", { run: runTitle(origin) })}
            checked={behind}
            onChange={(event) => setBehind(event.currentTarget.checked)}
          />
        ) : null}
      </ChartTools>
      <div className={classes["grid"]}>
        {groups.map((group) => (
          <ChartCard
            key={group.metric}
            group={group}
            fileName={fileName}
            cursorGroup={runId}
            smoothing={view.smoothing}
            log={view.log}
            height={compact ? 190 : 250}
            range={range}
            events={events}
            onZoom={view.setRange}
          />
        ))}
      </div>
    </div>
  );
}

/** As many points as the server gives: a zoomed range is whole up to here. */
const ZOOM_POINTS = 20_000;

/** Where a curve is thinned out, a zoomed range is asked from the server in full. */
function useZoomedCurves(runId: string, curves: CurveSet, range: Range | null): CurveSet {
  const thinned = useMemo(() => [...curves.values()].some((curve) => !curve.full), [curves]);
  const { data } = useQuery({
    queryKey: ["run-series", runId, range],
    queryFn: ({ signal }) =>
      getRunSeries(runId, { points: ZOOM_POINTS, ...(range ? { from: range[0], to: range[1] } : {}) }, signal),
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
