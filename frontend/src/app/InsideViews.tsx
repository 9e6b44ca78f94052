import { Skeleton } from "@mantine/core";
import { lazy, type ReactNode, Suspense } from "react";

import { InsideSlot, type InsideSlots } from "@/shared/insideSlot";

const RunInside = lazy(() => import("@/features/inspect/film/RunInside"));
const ModelInside = lazy(() => import("@/features/inspect/ModelInside"));

const ReasonsPanel = lazy(() => import("@/features/inspect/reasons/ReasonsPanel"));
const DecisionMap = lazy(() => import("@/features/inspect/reasons/DecisionMap"));

const waiting = <Skeleton height={320} />;

const slots: InsideSlots = {
  run: (props) => (
    <Suspense fallback={waiting}>
      <RunInside {...props} />
    </Suspense>
  ),
  model: (props) => (
    <Suspense fallback={waiting}>
      <ModelInside {...props} />
    </Suspense>
  ),
  reasons: (props) => (
    <Suspense fallback={null}>
      <ReasonsPanel {...props} />
    </Suspense>
  ),
  decisions: (props) => (
    <Suspense fallback={waiting}>
      <DecisionMap {...props} />
    </Suspense>
  ),
};

/** Lets the pages of runs and models show what is inside, loaded when it is looked at. */
export function InsideViews({ children }: { children: ReactNode }) {
  return <InsideSlot value={slots}>{children}</InsideSlot>;
}
