import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { useMemo } from "react";

import { getRunSeries } from "@/api/runs";
import type { Run } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { ChartCard } from "../charts/ChartCard";
import chartClasses from "../charts/charts.module.css";
import { ChartTools } from "../charts/ChartTools";
import { useChartView } from "../charts/chartView";
import type { Range } from "../charts/options";
import { isOver } from "../moves";
import { overlay } from "./curves";

const POINTS = 2000;
const NO_EVENTS: [] = [];
/** How often the curves of a run at work are asked for. */
const LIVE_MS = 3000;

/** The curves of all runs in one chart for each metric. */
export function CompareCurves({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation();
  const view = useChartView();
  const { series, waiting } = useSeries(runs, view.range);
  const groups = useMemo(
    () => overlay(runs.flatMap((run, tint) => (series[tint] ? [{ run, tint, series: series[tint] }] : [])), t),
    [runs, series, t],
  );
  return (
    <section aria-label={t("Curves")} aria-busy={waiting}>
      <ChartTools view={view} />
      <div className={chartClasses["grid"]}>
        {groups.map((group) => (
          <ChartCard
            key={group.metric}
            group={group}
            fileName={`runs-${runs.map((run) => run.number).join("-")}`}
            cursorGroup="compare"
            smoothing={view.smoothing}
            log={view.log}
            height={270}
            range={view.range}
            events={NO_EVENTS}
            onZoom={view.setRange}
          />
        ))}
      </div>
    </section>
  );
}

/** What the server has of each run's curves within the range; null where it has not answered yet. */
function useSeries(runs: readonly Run[], range: Range | null) {
  return useQueries({
    queries: runs.map((run) => ({
      queryKey: ["run-series", run.id, range, POINTS],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        getRunSeries(run.id, { points: POINTS, ...(range ? { from: range[0], to: range[1] } : {}) }, signal),
      placeholderData: keepPreviousData,
      staleTime: isOver(run.state) ? 60_000 : 0,
      refetchInterval: isOver(run.state) ? (false as const) : LIVE_MS,
    })),
    combine: joinAnswers,
  });
}

interface Answer {
  data?: Awaited<ReturnType<typeof getRunSeries>> | undefined;
  isPending: boolean;
}

const joinAnswers = (answers: readonly Answer[]) => ({
  series: answers.map((answer) => answer.data?.series ?? null),
  waiting: answers.some((answer) => answer.isPending),
});
