import type { CheckReport } from "@/api/types";
import { isSame } from "@/shared/same";

/** The new report, with the parts of the old one that say the same: only nodes that changed are drawn again. */
export function shareReport(old: CheckReport | null, fresh: CheckReport): CheckReport {
  if (!old) return fresh;
  return { ...fresh, nodes: shareEntries(old.nodes, fresh.nodes), groups: shareEntries(old.groups, fresh.groups) };
}

/** `fresh`, which nobody else holds yet, with the old entries put in. */
function shareEntries<T>(old: Readonly<Record<string, T>>, fresh: Record<string, T>): Record<string, T> {
  for (const id in fresh) {
    const before = old[id];
    if (before !== undefined && isSame(before, fresh[id])) fresh[id] = before;
  }
  return fresh;
}
