import { LineChart } from "lucide-react";

import type { CheckReport, TrainSettings } from "@/api/types";
import { EmptyState } from "@/shared/EmptyState";

export interface TrainPanelProps {
  projectId: string;
  dataset: string | null;
  settings: TrainSettings;
  /** What the last check said; null until the first answer. */
  report: CheckReport | null;
  /** Keeps a choice with the project. The workspace is the only writer of a project, so nothing overwrites anything. */
  onChange: (change: { dataset?: string | null; settings?: TrainSettings }) => void;
  /** Resolves when everything drawn and chosen is saved: await it before starting a run. */
  saveNow: () => Promise<void>;
}

export default function TrainPanel({ projectId }: TrainPanelProps) {
  return <EmptyState icon={LineChart} title="Training" text={`Project ${projectId}`} />;
}
