import { useMemo, useState } from "react";

import type { LogAxes } from "./align";
import type { Range } from "./options";

/** How all charts of a page are looked at: together. */
export interface ChartView {
  smoothing: number;
  log: LogAxes;
  range: Range | null;
  setSmoothing: (smoothing: number) => void;
  setLog: (log: LogAxes) => void;
  setRange: (range: Range | null) => void;
}

export function useChartView(): ChartView {
  const [smoothing, setSmoothing] = useState(0);
  const [log, setLog] = useState<LogAxes>({ x: false, y: false });
  const [range, setRange] = useState<Range | null>(null);
  return useMemo(() => ({ smoothing, log, range, setSmoothing, setLog, setRange }), [smoothing, log, range]);
}
