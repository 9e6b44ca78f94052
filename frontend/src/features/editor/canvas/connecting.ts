import type { Connection as FlowConnection, Edge, FinalConnectionState } from "@xyflow/react";

import { judgeConnection, type Verdict } from "@/graph/connect";
import type { GraphEdit } from "@/graph/edits";
import { type Connection, connectionId, findNode, writeReference } from "@/graph/model";
import { outputNames, outputReference, portForNew } from "@/graph/ports";
import { t } from "@/i18n";

import type { Session } from "../session/session";
import type { ShapeFlowEdge } from "./flow";

/** A connection as React Flow tells of it. */
export type Wanted = Pick<FlowConnection | Edge, "source" | "target"> & {
  sourceHandle?: string | null | undefined;
  targetHandle?: string | null | undefined;
};

/** React Flow's words for a connection in ours. */
export function toConnection(session: Session, wanted: Wanted): Connection {
  const { graph, report } = session.store.getState();
  const operator = session.operators.get(findNode(graph, wanted.source)?.op ?? "");
  const names = outputNames(operator, report?.nodes[wanted.source]);
  return {
    from: wanted.source,
    output: wanted.sourceHandle ? outputReference(names, wanted.sourceHandle) : null,
    to: wanted.target,
    port: wanted.targetHandle ?? "data",
  };
}

export function judge(session: Session, wanted: Wanted): Verdict {
  return judgeConnection(session.store.getState().graph, session.operators, toConnection(session, wanted));
}

export function describeConnection({ from, to, port }: Connection): string {
  return t("Connect {{from}} to {{port}} of {{to}}", { from, port, to });
}

/** Makes a connection, taking away the one it replaces when its end was dragged elsewhere. */
export function connectEdits(session: Session, connection: Connection, instead?: ShapeFlowEdge): GraphEdit[] {
  const { from, output, to, port } = connection;
  const edits: GraphEdit[] = [{ type: "connect", from: writeReference(from, output), to, port }];
  if (instead && instead.id !== connectionId(connection) && findNode(session.store.getState().graph, instead.target))
    edits.unshift({ type: "disconnect", to: instead.target, port: instead.targetHandle ?? "data" });
  return edits;
}

/** Where a dragged line was let go: on a port that refused it, or anywhere on a node, which means its first free port. */
export function targetUnder(session: Session, event: MouseEvent | TouchEvent, state: FinalConnectionState): Wanted | null {
  if (!state.fromHandle) return null;
  const here = { node: state.fromHandle.nodeId, handle: state.fromHandle.id ?? null };
  const there = state.toHandle
    ? { node: state.toHandle.nodeId, handle: state.toHandle.id ?? null, type: state.toHandle.type }
    : nodeUnder(session, event, state.fromHandle.type);
  if (!there || there.type === state.fromHandle.type) return null;
  const [source, target] = state.fromHandle.type === "source" ? [here, there] : [there, here];
  return { source: source.node, sourceHandle: source.handle, target: target.node, targetHandle: target.handle };
}

function nodeUnder(session: Session, event: MouseEvent | TouchEvent, from: "source" | "target") {
  const point = "changedTouches" in event ? event.changedTouches[0] : event;
  if (!point) return null;
  const element = document.elementFromPoint(point.clientX, point.clientY);
  const id = element?.closest(".react-flow__node")?.getAttribute("data-id");
  const node = id ? findNode(session.store.getState().graph, id) : undefined;
  if (!node) return null;
  const operator = session.operators.get(node.op);
  if (from === "target") return { node: node.id, handle: operator?.outputs[0] ?? "output", type: "source" as const };
  const port = portForNew(node, operator);
  return port === null ? null : { node: node.id, handle: port, type: "target" as const };
}
