import type { CheckReport } from "@/api/types";

/** The new report, with the parts of the old one that say the same: only nodes that changed are drawn again. */
export function shareReport(old: CheckReport | null, fresh: CheckReport): CheckReport {
  if (!old) return fresh;
  const nodes = Object.fromEntries(
    Object.entries(fresh.nodes).map(([id, node]) => {
      const before = old.nodes[id];
      return [id, before && JSON.stringify(before) === JSON.stringify(node) ? before : node];
    }),
  );
  return { ...fresh, nodes };
}
