import { createContext, type ReactNode } from "react";

import type { Cell, ModelVersion, RawInput, Run } from "@/api/types";

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
  /** What is being tried; null while nothing is. */
  input: RawInput | null;
}

export interface ReasonsProps {
  name: string;
  version: ModelVersion;
  input: RawInput;
}

export interface DecisionMapProps extends ReasonsProps {
  /** Called with another row when a place of the map is chosen. */
  onRow: (row: Cell[]) => void;
}

/** How the app shows what is inside: the pages of runs and models know nothing of it. */
export interface InsideSlots {
  run: (props: RunInsideProps) => ReactNode;
  model: (props: ModelInsideProps) => ReactNode;
  reasons: (props: ReasonsProps) => ReactNode;
  decisions: (props: DecisionMapProps) => ReactNode;
}

export const InsideSlot = createContext<InsideSlots | null>(null);
