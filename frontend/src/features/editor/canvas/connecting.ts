import type { Connection as FlowConnection, Edge, FinalConnectionState } from "@xyflow/react";

import type { Graph } from "@/api/types";
import { judgeConnection, type Verdict } from "@/graph/connect";
import type { GraphEdit } from "@/graph/edits";
import { type BlockInput, foldOf } from "@/graph/fold";
import { type Connection, connectionId, findNode, readReference, writeReference } from "@/graph/model";
import { outputNames, outputReference, portForNew } from "@/graph/ports";
import { t } from "@/i18n";

import type { Loose } from "../actions/add";
import type { Session } from "../session/session";
import type { ShapeFlowEdge } from "./flow";

/** A connection as React Flow tells of it. */
export type Wanted = Pick<FlowConnection | Edge, "source" | "target"> & {
  sourceHandle?: string | null | undefined;
  targetHandle?: string | null | undefined;
};

/** React Flow's words for a connection in ours: several where one line leads to several inputs in a block. */
export function toConnections(session: Session, wanted: Wanted): Connection[] {
  const { graph } = session.store.getState();
  const { blocks } = foldOf(graph, session.operators);
  const [from, output] = sourceOf(session, wanted);
  const input = blocks.get(wanted.target)?.inputs.find((one) => one.id === wanted.targetHandle);
  const targets = input?.targets ?? [{ to: wanted.target, port: wanted.targetHandle ?? "data" }];
  return targets.map(({ to, port }) => ({ from, output, to, port }));
}

function sourceOf(session: Session, { source, sourceHandle }: Wanted): [node: string, output: string | null] {
  const { graph, report } = session.store.getState();
  const { blocks } = foldOf(graph, session.operators);
  if (blocks.has(source)) return readReference(sourceHandle ?? "");
  const operator = session.operators.get(findNode(graph, source)?.op ?? "");
  const names = outputNames(operator, report?.nodes[source]);
  return [source, sourceHandle ? outputReference(names, sourceHandle) : null];
}

export function judge(session: Session, wanted: Wanted): Verdict {
  const { graph } = session.store.getState();
  const verdicts = toConnections(session, wanted).map((one) => judgeConnection(graph, session.operators, one));
  return verdicts.find((verdict) => !verdict.ok) ?? { ok: true };
}

export function describeConnection({ from, to, port }: Connection): string {
  return t("Connect {{from}} to {{port}} of {{to}}", { from, port, to });
}

/** Makes connections, taking away the ones they replace when their end was dragged elsewhere. */
export function connectEdits(session: Session, connections: readonly Connection[], instead?: ShapeFlowEdge): GraphEdit[] {
  const { graph } = session.store.getState();
  const made = new Set(connections.map(connectionId));
  const replaced = (instead?.data?.targets ?? []).filter((one) => !made.has(connectionId(one)) && findNode(graph, one.to));
  return [
    ...replaced.map(({ to, port }): GraphEdit => ({ type: "disconnect", to, port })),
    ...connections.map(({ from, output, to, port }): GraphEdit => ({ type: "connect", from: writeReference(from, output), to, port })),
  ];
}

/** The port that a line begins at, as React Flow tells of it. */
export interface Start {
  nodeId: string;
  id?: string | null;
  type: "source" | "target";
}

/** The port that was pointed at. */
export function portUnder({ target }: MouseEvent | TouchEvent): Start | null {
  const port = target instanceof Element ? target.closest<HTMLElement>(".react-flow__handle") : null;
  const { nodeid, handleid } = port?.dataset ?? {};
  if (!port || nodeid === undefined) return null;
  return { nodeId: nodeid, id: handleid ?? null, type: port.classList.contains("source") ? "source" : "target" };
}

/** Where a line was let go: on a port that refused it, or anywhere on a node, which means its first free port. */
export function targetUnder(session: Session, event: MouseEvent | TouchEvent, start: Start, end: Start | null = null): Wanted | null {
  const here = { node: start.nodeId, handle: start.id ?? null };
  const there = end ? { node: end.nodeId, handle: end.id ?? null, type: end.type } : nodeUnder(session, event, start.type);
  if (!there || there.type === start.type) return null;
  const [source, target] = start.type === "source" ? [here, there] : [there, here];
  return { source: source.node, sourceHandle: source.handle, target: target.node, targetHandle: target.handle };
}

/** The port that a line was drawn from and let go over nothing. */
export function looseEnd(session: Session, { fromHandle }: FinalConnectionState): Loose | null {
  if (!fromHandle) return null;
  const { nodeId, id, type } = fromHandle;
  if (type === "source") {
    const [connection] = toConnections(session, { source: nodeId, sourceHandle: id ?? null, target: "" });
    return connection ? { kind: "source", from: connection.from, output: connection.output } : null;
  }
  const [connection] = toConnections(session, { source: "", target: nodeId, targetHandle: id ?? null });
  return connection ? { kind: "target", to: connection.to, port: connection.port } : null;
}

function nodeUnder(session: Session, event: MouseEvent | TouchEvent, from: "source" | "target") {
  const point = "changedTouches" in event ? event.changedTouches[0] : event;
  if (!point) return null;
  const element = document.elementFromPoint(point.clientX, point.clientY);
  const id = element?.closest(".react-flow__node")?.getAttribute("data-id");
  const { graph } = session.store.getState();
  const block = id ? foldOf(graph, session.operators).blocks.get(id) : undefined;
  if (block) {
    const port = from === "target" ? block.outputs[0] : (block.inputs.find((one) => isFree(graph, one)) ?? block.inputs[0]);
    const type = from === "target" ? ("source" as const) : ("target" as const);
    return port ? { node: block.group.id, handle: port.id, type } : null;
  }
  const node = id ? findNode(graph, id) : undefined;
  if (!node) return null;
  const operator = session.operators.get(node.op);
  if (from === "target") return { node: node.id, handle: operator?.outputs[0] ?? "output", type: "source" as const };
  const port = portForNew(node, operator);
  return port === null ? null : { node: node.id, handle: port, type: "target" as const };
}

function isFree(graph: Graph, { targets }: BlockInput): boolean {
  return targets.every(({ to, port }) => findNode(graph, to)?.inputs[port] === undefined);
}
