import type { Graph, OperatorInfo } from "@/api/types";
import { t } from "@/i18n";

import { type Connection, findNode } from "./model";
import { reaches } from "./order";
import { findPort } from "./ports";

export type Verdict = { ok: true } | { ok: false; reason: string };

const no = (reason: string): Verdict => ({ ok: false, reason });

/** May this connection be made? Says why not in words for a person. Shapes are the server's to judge. */
export function judgeConnection(
  graph: Graph,
  operators: ReadonlyMap<string, OperatorInfo>,
  { from, to, port }: Pick<Connection, "from" | "to" | "port">,
): Verdict {
  const source = findNode(graph, from);
  const target = findNode(graph, to);
  if (!source || !target) return no(t("One end of this connection is gone."));
  if (from === to) return no(t("{{from}} cannot feed itself: a network has no loops.", { from }));
  const reader = operators.get(target.op);
  if (reader) {
    const input = findPort(reader, port);
    if (!input) return no(t("{{to}} ({{op}}) has no input “{{port}}”.", { to, op: target.op, port }));
    if (input.kind === "state") return no(t("“{{port}}” of {{to}} is a running state: the operator keeps it itself.", { port, to }));
  }
  if (reaches(graph, to, from)) return no(t("{{from}} already depends on {{to}}: this would close a cycle.", { from, to }));
  return { ok: true };
}
