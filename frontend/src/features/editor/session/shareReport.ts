import type { CheckReport } from "@/api/types";

/** The new report, with the parts of the old one that say the same: only nodes that changed are drawn again. */
export function shareReport(old: CheckReport | null, fresh: CheckReport): CheckReport {
  if (!old) return fresh;
  return { ...fresh, nodes: shareEntries(old.nodes, fresh.nodes), groups: shareEntries(old.groups, fresh.groups) };
}

function shareEntries<T>(old: Record<string, T>, fresh: Record<string, T>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(fresh).map(([id, entry]) => {
      const before = old[id];
      return [id, before !== undefined && JSON.stringify(before) === JSON.stringify(entry) ? before : entry];
    }),
  );
}
