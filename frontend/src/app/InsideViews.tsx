import { Skeleton } from "@mantine/core";
import { lazy, type ReactNode, Suspense } from "react";

import { InsideSlot, type InsideSlots } from "@/shared/insideSlot";

const RunInside = lazy(() => import("@/features/inspect/film/RunInside"));
const ModelInside = lazy(() => import("@/features/inspect/ModelInside"));

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
};

/** Lets the pages of runs and models show what is inside, loaded when it is looked at. */
export function InsideViews({ children }: { children: ReactNode }) {
  return <InsideSlot value={slots}>{children}</InsideSlot>;
}
