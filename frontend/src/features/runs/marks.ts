import type { Run, RunChange } from "@/api/types";
import type { Translate } from "@/i18n";
import { formatMetric } from "@/shared/format";

import { sayText } from "./advice/say";
import type { EventMark } from "./charts/eventMarks";
import { liveNames } from "./live";

/** "Learning rate 0.001 → 0.01". */
export function changeText(change: RunChange, t: Translate): string {
  return t("{{name}} {{before}} → {{after}}", {
    name: t(liveNames[change.name]),
    before: formatMetric(change.before),
    after: formatMetric(change.after),
  });
}

/** What happened to a run, in the order of its steps. */
export function marksOfRun(run: Run, t: Translate): EventMark[] {
  const changes = run.changes.map((change): EventMark => ({ step: change.step, kind: "change", text: changeText(change, t) }));
  const advice = run.advice.map((one): EventMark => ({ step: one.step, kind: one.severity, text: sayText(one.title, one, t) }));
  return [...changes, ...advice].sort((a, b) => a.step - b.step);
}
