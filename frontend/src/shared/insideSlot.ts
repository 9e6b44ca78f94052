import { createContext, type ReactNode } from "react";

import type { ModelVersion, Run } from "@/api/types";

export interface RunInsideProps {
  run: Run;
  /** The newest step that was looked at, as the run's events tell it. */
  newest: number | null;
  /** Whether there are weights to ask: a checkpoint or a model. */
  hasWeights: boolean;
}

export interface ModelInsideProps {
  name: string;
  version: ModelVersion;
}

/** How the app shows what is inside: the pages of runs and models know nothing of it. */
export interface InsideSlots {
  run: (props: RunInsideProps) => ReactNode;
  model: (props: ModelInsideProps) => ReactNode;
}

export const InsideSlot = createContext<InsideSlots | null>(null);
