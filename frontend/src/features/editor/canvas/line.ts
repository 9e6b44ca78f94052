import type { Graph } from "@/api/types";
import { groupsAround } from "@/graph/groups";
import { type Connection, writeReference } from "@/graph/model";
import { outputName } from "@/graph/ports";
import type { Translate } from "@/i18n";
import { formatShape } from "@/shared/format";

import type { SessionState } from "../session/session";

/** What a line is: its connection, of several into one block the first, and how it is drawn. */
export interface Line extends Connection, Record<string, unknown> {
  kind: string;
  lane: number | null;
  /** All the inputs that it leads to, more than one where it enters a block. */
  targets: readonly Pick<Connection, "to" | "port">[];
}

/** The shape that flows along it; what leaves a repeated group has that of its last repetition. Null while unknown. */
export function shapeOn({ graph, report }: Pick<SessionState, "graph" | "report">, line: Connection): string | null {
  const { from, output } = line;
  const left = leftGroup(graph, line);
  const leaving = left === undefined ? undefined : report?.groups[left]?.outputs[writeReference(from, output)];
  if (leaving?.shape) return formatShape(leaving.shape);
  const outputs = report?.nodes[from]?.outputs ?? [];
  const wanted = outputName(outputs.map(({ name }) => name), output);
  const facts = outputs.find(({ name }) => name === wanted) ?? (outputs.length === 1 ? outputs[0] : undefined);
  return facts?.shape ? formatShape(facts.shape) : null;
}

/** The outermost group that a connection leaves. */
function leftGroup(graph: Graph, { from, to }: Connection): string | undefined {
  if (graph.groups.length === 0) return undefined;
  const target = groupsAround(graph, to);
  return groupsAround(graph, from).filter((group) => !target.includes(group)).at(-1);
}

/** A line in words: "From fc1 to data of relu1, 32×128". */
export function nameLine({ from, to, port }: Connection, shape: string | null, t: Translate): string {
  return shape === null
    ? t("From {{from}} to {{port}} of {{to}}", { from, port, to })
    : t("From {{from}} to {{port}} of {{to}}, {{shape}}", { from, port, to, shape });
}

/** Where a line's name stands in the page. */
export const nameId = (id: string): string => `line-${id}`;

/** Says so to screen readers: React Flow need not know the name, which changes with every shape. */
export const namedBy = (id: string) => ({ "aria-labelledby": nameId(id) });
