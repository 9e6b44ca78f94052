import type { GraphNode, OperatorInfo, Position } from "@/api/types";
import type { GraphEdit } from "@/graph/edits";
import { findNode, positionOf, writeReference } from "@/graph/model";
import { nameNode } from "@/graph/names";
import { portForNew } from "@/graph/ports";
import { GAP, NODE_SIZE } from "@/graph/rows";
import { freeSpot } from "@/graph/spots";
import { t } from "@/i18n";

import type { Session } from "../session/session";

/**
 * Adds an operator as a new node and selects it. Given no place, it goes under the one selected node and reads from it:
 * pressing Enter in the palette again and again builds a chain.
 */
export function addOperator(session: Session, operator: OperatorInfo, place: Position | null, centre: Position): string {
  const { graph, selection } = session.store.getState();
  const id = nameNode(operator.name, new Set([...graph.nodes, ...graph.groups].map((one) => one.id)));
  const node: GraphNode = { id, op: operator.name, params: operator.start, inputs: {} };
  const [only] = selection.nodes;
  const source = place === null && selection.nodes.size === 1 && only !== undefined ? findNode(graph, only) : undefined;
  const port = source && sourceFits(session, source) ? portForNew(node, operator) : null;
  const wanted = place ?? (source && port !== null ? below(positionOf(graph, source.id)) : centre);
  const edits: GraphEdit[] = [{ type: "add-node", node, position: freeSpot(graph, wanted) }];
  if (source && port !== null) edits.push({ type: "connect", from: source.id, to: id, port });
  session.act(t("Add {{id}}", { id }), edits, { select: [id] });
  return id;
}

/** A port that a new node shall be connected to. */
export type Loose = { kind: "source"; from: string; output: string | null } | { kind: "target"; to: string; port: string };

/** Adds an operator where it was asked for, connected to the port that the line was drawn from. */
export function insertOperator(session: Session, operator: OperatorInfo, place: Position, loose: Loose): string {
  const { graph } = session.store.getState();
  const id = nameNode(operator.name, new Set([...graph.nodes, ...graph.groups].map((one) => one.id)));
  const node: GraphNode = { id, op: operator.name, params: operator.start, inputs: {} };
  const edits: GraphEdit[] = [{ type: "add-node", node, position: freeSpot(graph, place) }];
  if (loose.kind === "target") edits.push({ type: "connect", from: id, to: loose.to, port: loose.port });
  else {
    const port = portForNew(node, operator);
    if (port !== null) edits.push({ type: "connect", from: writeReference(loose.from, loose.output), to: id, port });
  }
  session.act(t("Add {{id}}", { id }), edits, { select: [id] });
  return id;
}

/** Nothing follows a loss head. */
function sourceFits(session: Session, source: GraphNode): boolean {
  return session.operators.get(source.op)?.is_loss !== true;
}

function below([x, y]: Position): Position {
  return [x, y + NODE_SIZE.height + GAP.height];
}
