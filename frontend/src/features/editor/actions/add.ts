import type { GraphNode, JsonSchema, OperatorInfo, Params, ParamValue, Position } from "@/api/types";
import type { GraphEdit } from "@/graph/edits";
import { findNode, positionOf } from "@/graph/model";
import { nameNode } from "@/graph/names";
import { portForNew } from "@/graph/ports";
import { GAP, NODE_SIZE } from "@/graph/rows";
import { freeSpot } from "@/graph/spots";
import { t } from "@/i18n";

import type { Session } from "../session/session";

/** Good starting values for parameters that every network sets and no operator can guess. */
const starters: Record<string, ParamValue> = {
  num_hidden: 64,
  num_filter: 16,
  kernel: [3, 3],
  input_dim: 1000,
  output_dim: 32,
};

/** What a fresh node is given: only what has no default, the rest is the operator's to say. */
export function startParams(schema: JsonSchema): Params {
  return Object.fromEntries(
    (schema.required ?? []).flatMap((name): [string, ParamValue][] => {
      const property = schema.properties?.[name];
      if (property === undefined || property.default !== undefined) return [];
      const value = starters[name] ?? property.enum?.[0];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * Adds an operator as a new node and selects it. Given no place, it goes under the one selected node and reads from it:
 * pressing Enter in the palette again and again builds a chain.
 */
export function addOperator(session: Session, operator: OperatorInfo, place: Position | null, centre: Position): string {
  const { graph, selection } = session.store.getState();
  const id = nameNode(operator.name, new Set(graph.nodes.map((node) => node.id)));
  const node: GraphNode = { id, op: operator.name, params: startParams(operator.params_schema), inputs: {} };
  const [only] = selection.nodes;
  const source = place === null && selection.nodes.size === 1 && only !== undefined ? findNode(graph, only) : undefined;
  const port = source && sourceFits(session, source) ? portForNew(node, operator) : null;
  const wanted = place ?? (source && port !== null ? below(positionOf(graph, source.id)) : centre);
  const edits: GraphEdit[] = [{ type: "add-node", node, position: freeSpot(graph, wanted) }];
  if (source && port !== null) edits.push({ type: "connect", from: source.id, to: id, port });
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
