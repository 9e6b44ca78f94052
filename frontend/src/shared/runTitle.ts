import type { Run } from "@/api/types";
import { t } from "@/i18n";

/** "Run 3", or "#3 Wider network" once a person has named it. */
export function runTitle(run: Pick<Run, "name" | "number">): string {
  return run.name === `Run ${run.number}` ? t("Run {{number}}", { number: run.number }) : `#${run.number} ${run.name}`;
}
