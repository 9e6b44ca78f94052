import type { Edge, Node } from "@xyflow/react";

import type { CheckReport, Graph, OperatorInfo } from "@/api/types";
import { type Connection, connectionId, connectionsOf, positionOf } from "@/graph/model";
import { outputName, outputNames } from "@/graph/ports";
import { NODE_SIZE } from "@/graph/rows";
import { t } from "@/i18n";
import { formatShape } from "@/shared/format";

import type { Selection } from "../session/session";
import { findLanes } from "./lanes";

/** Nodes carry no data: each reads its own from the session, so a drag draws nothing but what moves. */
export type OpFlowNode = Node<Record<string, never>, "op">;
export type ShapeFlowEdge = Edge<{ shape: string | null; kind: string; lane: number | null }, "shape">;

const noData: Record<string, never> = {};

/** The drawn nodes for a graph; one that did not change stays the same object, and so does the list. */
export function flowNodes(old: OpFlowNode[], graph: Graph, { nodes: selected }: Selection): OpFlowNode[] {
  const before = new Map(old.map((node) => [node.id, node]));
  const drawn = graph.nodes.map(({ id, op }) => {
    const [x, y] = positionOf(graph, id);
    const known = before.get(id);
    const isSelected = selected.has(id);
    if (known?.position.x === x && known.position.y === y && known.selected === isSelected) return known;
    return {
      ...(known ?? { id, type: "op" as const, data: noData, width: NODE_SIZE.width, ariaLabel: `${id}, ${op}` }),
      position: { x, y },
      selected: isSelected,
    };
  });
  return sameItems(old, drawn) ? old : drawn;
}

/** A list of the same things is no new list: React Flow goes through all of a new one. */
function sameItems<T>(old: readonly T[], fresh: readonly T[]): boolean {
  return old.length === fresh.length && fresh.every((item, at) => item === old[at]);
}

/** The drawn edges, each with the shape that flows along it. */
export function flowEdges(
  old: ShapeFlowEdge[],
  graph: Graph,
  operators: ReadonlyMap<string, OperatorInfo>,
  report: CheckReport | null,
  { edges: selected }: Selection,
): ShapeFlowEdge[] {
  const before = new Map(old.map((edge) => [edge.id, edge]));
  const ops = new Map(graph.nodes.map((node) => [node.id, operators.get(node.op)]));
  const lanes = findLanes(graph);
  const drawn = connectionsOf(graph).map((connection): ShapeFlowEdge => {
    const id = connectionId(connection);
    const names = outputNames(ops.get(connection.from), report?.nodes[connection.from]);
    const sourceHandle = outputName(names, connection.output);
    const shape = shapeOf(report, connection, sourceHandle);
    const kind = ops.get(connection.to)?.inputs.find((port) => port.name === connection.port)?.kind ?? "data";
    const lane = lanes.get(id) ?? null;
    const known = before.get(id);
    const isSelected = selected.has(id);
    const { from, to, port } = connection;
    const ariaLabel =
      shape === null
        ? t("From {{from}} to {{port}} of {{to}}", { from, port, to })
        : t("From {{from}} to {{port}} of {{to}}, {{shape}}", { from, port, to, shape });
    if (
      known?.source === connection.from &&
      known.sourceHandle === sourceHandle &&
      known.data?.shape === shape &&
      known.data.kind === kind &&
      known.data.lane === lane &&
      known.ariaLabel === ariaLabel &&
      known.selected === isSelected
    )
      return known;
    return {
      id,
      type: "shape",
      source: connection.from,
      target: connection.to,
      sourceHandle,
      targetHandle: connection.port,
      data: { shape, kind, lane },
      selected: isSelected,
      ariaLabel,
    };
  });
  return sameItems(old, drawn) ? old : drawn;
}

function shapeOf(report: CheckReport | null, { from }: Connection, output: string): string | null {
  const outputs = report?.nodes[from]?.outputs ?? [];
  const facts = outputs.find((one) => one.name === output) ?? (outputs.length === 1 ? outputs[0] : undefined);
  return facts?.shape ? formatShape(facts.shape) : null;
}
