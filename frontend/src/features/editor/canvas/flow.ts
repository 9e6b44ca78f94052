import type { Edge, Node } from "@xyflow/react";

import type { CheckReport, Graph, OperatorInfo } from "@/api/types";
import { type Fold, foldOf, frameBox, itemPosition } from "@/graph/fold";
import { type Connection, connectionId, findNode, positionOf, writeReference } from "@/graph/model";
import { outputName, outputNames } from "@/graph/ports";
import { NODE_SIZE } from "@/graph/rows";
import { t } from "@/i18n";

import type { Selection } from "../session/session";
import { lanesOf } from "./lanes";
import { type Line, namedBy } from "./line";

/** Nodes carry no data: each reads its own from the session, so a drag draws nothing but what moves. */
export type OpFlowNode = Node<Record<string, never>, "op">;
export type BlockFlowNode = Node<Record<string, never>, "block">;
export type FrameFlowNode = Node<Record<string, never>, "frame">;
export type DrawnNode = OpFlowNode | BlockFlowNode | FrameFlowNode;
/** Lines neither: the shape that flows along one is its own to read (`line.ts`). */
export type ShapeFlowEdge = Edge<Line, "shape">;

const noData: Record<string, never> = {};
/** Frames lie behind everything, the outer ones deepest. */
const FRAME_DEPTH = -1000;

type Operators = ReadonlyMap<string, OperatorInfo>;

/** The drawn nodes for a graph; one that did not change stays the same object, and so does the list. */
export function flowNodes(old: DrawnNode[], graph: Graph, operators: Operators, { nodes: selected }: Selection): DrawnNode[] {
  const before = new Map(old.map((node) => [node.id, node]));
  const fold = foldOf(graph, operators);
  const drawn = [
    ...fold.frames.map((frame): DrawnNode => {
      const { id } = frame.group;
      const { left, top, right, bottom } = frameBox(graph, fold, frame);
      const size = { width: right - left, height: bottom - top };
      const ariaLabel = t("Group {{name}}, open", { name: frame.group.title || id });
      const known = sameKind(before.get(id), "frame");
      const isSize = known?.width === size.width && known.height === size.height;
      if (known && isAt(known, left, top, selected) && isSize && known.ariaLabel === ariaLabel) return known;
      return {
        id,
        type: "frame",
        data: noData,
        ariaLabel,
        dragHandle: ".frame-title",
        zIndex: FRAME_DEPTH + frame.depth,
        style: { pointerEvents: "none" },
        ...size,
        position: { x: left, y: top },
        selected: selected.has(id),
      };
    }),
    ...fold.nodes.map(({ id, op }): DrawnNode => {
      const [x, y] = positionOf(graph, id);
      const known = sameKind(before.get(id), "op");
      if (known && isAt(known, x, y, selected)) return known;
      return {
        ...(known ?? { id, type: "op" as const, data: noData, width: NODE_SIZE.width, ariaLabel: `${id}, ${op}` }),
        position: { x, y },
        selected: selected.has(id),
      };
    }),
    ...[...fold.blocks.values()].map(({ group }): DrawnNode => {
      const { id } = group;
      const [x, y] = itemPosition(graph, fold, id);
      const ariaLabel = t("Group {{name}}", { name: group.title || id });
      const known = sameKind(before.get(id), "block");
      if (known && isAt(known, x, y, selected) && known.ariaLabel === ariaLabel) return known;
      return {
        ...(known ?? { id, type: "block" as const, data: noData, width: NODE_SIZE.width }),
        ariaLabel,
        position: { x, y },
        selected: selected.has(id),
      };
    }),
  ];
  return sameItems(old, drawn) ? old : drawn;
}

/** A group that is opened is another thing under the same name. */
function sameKind<K extends DrawnNode["type"]>(node: DrawnNode | undefined, kind: K): Extract<DrawnNode, { type?: K }> | undefined {
  return node?.type === kind ? (node as Extract<DrawnNode, { type?: K }>) : undefined;
}

function isAt(node: DrawnNode, x: number, y: number, selected: ReadonlySet<string>): boolean {
  return node.position.x === x && node.position.y === y && node.selected === selected.has(node.id);
}

/** A list of the same things is no new list: React Flow goes through all of a new one. */
function sameItems<T>(old: readonly T[], fresh: readonly T[]): boolean {
  return old.length === fresh.length && fresh.every((item, at) => item === old[at]);
}

/** The drawn edges; one that did not change stays the same object, and so does the list. */
export function flowEdges(
  old: ShapeFlowEdge[],
  graph: Graph,
  operators: Operators,
  report: CheckReport | null,
  { edges: selected }: Selection,
): ShapeFlowEdge[] {
  const before = new Map(old.map((edge) => [edge.id, edge]));
  const fold = foldOf(graph, operators);
  const lanes = lanesOf(graph, fold);
  const operatorOf = (id: string): OperatorInfo | undefined => operators.get(findNode(graph, id)?.op ?? "");
  const drawn = fold.connections.map((connection): ShapeFlowEdge => {
    const { from, output, to, port } = connection;
    const id = connectionId(connection);
    const names = outputNames(operatorOf(from), report?.nodes[from]);
    const ends = endsOf(fold, connection, outputName(names, output));
    const kind = operatorOf(to)?.inputs.find((one) => one.name === port)?.kind ?? "data";
    const lane = lanes.get(id) ?? null;
    const known = before.get(id);
    if (
      known?.source === ends.source &&
      known.target === ends.target &&
      known.sourceHandle === ends.sourceHandle &&
      known.targetHandle === ends.targetHandle &&
      known.data?.from === from &&
      known.data.output === output &&
      known.data.kind === kind &&
      known.data.lane === lane &&
      known.data.targets.length === ends.targets.length &&
      known.selected === selected.has(id)
    )
      return known;
    const { targets, source, target, sourceHandle, targetHandle } = ends;
    return {
      id,
      type: "shape",
      source,
      target,
      sourceHandle,
      targetHandle,
      data: { from, output, to, port, kind, lane, targets },
      selected: selected.has(id),
      // Null is no name of React Flow's making; its types do not say so.
      ariaLabel: null as unknown as string,
      domAttributes: namedBy(id),
    };
  });
  return sameItems(old, drawn) ? old : drawn;
}

interface Ends {
  source: string;
  target: string;
  sourceHandle: string;
  targetHandle: string;
  targets: Line["targets"];
}

/** What a connection is drawn between: nodes, or the blocks that stand for them. */
function endsOf(fold: Fold, { from, output, to, port }: Connection, outputHandle: string): Ends {
  const [source, target] = [fold.shownAs(from), fold.shownAs(to)];
  const id = connectionId({ to, port });
  const input = fold.blocks.get(target)?.inputs.find((one) => one.id === id);
  return {
    source,
    target,
    sourceHandle: source === from ? outputHandle : writeReference(from, output),
    targetHandle: input ? id : port,
    targets: input?.targets ?? [{ to, port }],
  };
}
