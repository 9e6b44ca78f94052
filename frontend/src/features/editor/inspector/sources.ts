import type { CheckReport, Graph } from "@/api/types";
import { judgeConnection } from "@/graph/connect";
import { findNode, readReference, writeReference } from "@/graph/model";
import { outputNames, outputReference } from "@/graph/ports";
import { t } from "@/i18n";
import { formatShape } from "@/shared/format";

import type { Session, SessionState } from "../session/session";

/** A source in a list. */
export interface SourceOption {
  value: string;
  label: string;
}

/** A source that is connected, with its shape. */
export function describeSource({ graph, report }: SessionState, reference: string): string {
  const [from, output] = readReference(reference);
  if (!findNode(graph, from)) return t("{{reference}} (missing)", { reference });
  const outputs = report?.nodes[from]?.outputs ?? [];
  const shape = (outputs.find((one) => one.name === output) ?? outputs[0])?.shape;
  return withShape(reference, shape);
}

/** All outputs that an input can read. */
export function sourcesFor(graph: Graph, report: CheckReport | null, operators: Session["operators"], input: { to: string; port: string }): SourceOption[] {
  return graph.nodes.flatMap((source) => {
    if (!judgeConnection(graph, operators, { from: source.id, ...input }).ok) return [];
    const names = outputNames(operators.get(source.op), report?.nodes[source.id]);
    return names.map((name) => {
      const value = writeReference(source.id, outputReference(names, name));
      return { value, label: withShape(value, report?.nodes[source.id]?.outputs.find((one) => one.name === name)?.shape) };
    });
  });
}

function withShape(reference: string, shape: readonly number[] | null | undefined): string {
  return shape ? `${reference}  ·  ${formatShape(shape)}` : reference;
}
