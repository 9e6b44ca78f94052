import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { getRunSeries } from "@/api/runs";
import type { Run } from "@/api/types";
import { t as translateNow, type Translate } from "@/i18n";
import { runTitle } from "@/shared/runTitle";

import { type CurveSet, readEnvelope } from "../curves";
import { type ChartGroup, groupCurves } from "./groups";
import type { Range } from "./options";

const POINTS = 2000;

/** The run that another one comes from, by its name, with its curves. */
export interface Parent {
  title: string;
  curves: CurveSet;
}

/** What the parent of a fork looked like; null for other runs, and where the parent is gone. */
export function useParent(origin: Run["origin"], range: Range | null, wanted: boolean): Parent | null {
  const { data } = useQuery({
    queryKey: ["run-series", origin?.run, range, POINTS],
    queryFn: ({ signal }) => getRunSeries(origin?.run ?? "", { points: POINTS, ...(range ? { from: range[0], to: range[1] } : {}) }, signal),
    enabled: wanted && origin !== null,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });
  return useMemo(() => {
    if (!wanted || !origin || !data) return null;
    const curves = Object.entries(data.series).map(([key, envelope]) => [key, readEnvelope(key, envelope)] as const);
    return { title: runTitle(origin), curves: new Map(curves) };
  }, [data, origin, wanted]);
}

/** Lays the parent's curves behind those of the same metric, after all of the run's own. */
export function withParent(groups: readonly ChartGroup[], parent: Parent | null, translate: Translate = translateNow): ChartGroup[] {
  if (!parent) return [...groups];
  const behind = new Map(groupCurves(parent.curves, translate).map((group) => [group.metric, group.curves]));
  return groups.map((group) => {
    const ghosts = (behind.get(group.metric) ?? []).map((curve) => ({
      ...curve,
      key: `parent:${curve.key}`,
      label: curve.role === "other" ? parent.title : `${parent.title}, ${curve.label}`,
      ghost: true,
    }));
    return { ...group, curves: [...group.curves, ...ghosts] };
  });
}
