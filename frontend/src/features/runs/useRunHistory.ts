import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";

import type { Run, RunState } from "@/api/types";

import { useTranslation } from "@/i18n/react";

import { followRun } from "./follow";
import { RunHistory, type RunSnapshot } from "./history";
import { isOver } from "./moves";
import { curvesQuery } from "./queries";

/** Follows a run for as long as the component is there. Give the component the run's id as its key. */
export function useRunHistory(run: Run): RunSnapshot {
  const { language } = useTranslation();
  const [held, hold] = useState(() => ({ language, history: new RunHistory() }));
  // Log and reasons come in the language of the page: another language is another stream.
  if (held.language !== language) hold({ language, history: new RunHistory() });
  const { history } = held;
  const client = useQueryClient();
  const live = !isOver(run.state);
  const over = !live;
  const last = over ? run.last_event : 0;
  // A run that is resumed becomes live again, and the stream that had ended goes on.
  useEffect(
    () =>
      followRun(run.id, history, { lastEvent: over ? last : null, series: () => client.query(curvesQuery(run.id)) }, () => {
        void client.invalidateQueries({ queryKey: ["runs"] });
        void client.invalidateQueries({ queryKey: ["models"] });
      }),
    [run.id, over, last, history, client],
  );
  return useSyncExternalStore(history.subscribe, history.getSnapshot);
}

/** The newer of what the stream and what REST said. */
export function currentState(run: Run, snapshot: RunSnapshot): RunState {
  return snapshot.state !== null && snapshot.lastSeq > run.last_event ? snapshot.state : run.state;
}
