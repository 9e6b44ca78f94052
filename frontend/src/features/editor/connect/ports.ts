import type { CheckReport, Graph, OperatorInfo } from "@/api/types";
import { foldOf } from "@/graph/fold";
import { type Connection, connectionId, connectionsOf, findNode, writeReference } from "@/graph/model";
import { downstream, ranks, upstream } from "@/graph/order";
import { inputPorts, outputNames, outputReference } from "@/graph/ports";

import type { PortMark } from "../ui";

type Operators = ReadonlyMap<string, OperatorInfo>;

/** What is known of the drawing when ports are listed. */
export interface Drawn {
  graph: Graph;
  operators: Operators;
  report: CheckReport | null;
}

/** One port of a node or block, with what is connected to it. */
export interface PortItem extends PortMark {
  side: "input" | "output";
  /** "data", or "conv1.data" for a port of a block. */
  name: string;
  /** An output as it is read. */
  source: Pick<Connection, "from" | "output"> | null;
  /** The inputs that a line to it leads to. */
  targets: readonly Pick<Connection, "to" | "port">[];
  links: readonly Connection[];
}

/** Every port of a node or block: inputs first, as they are drawn. */
export function portsOf(drawn: Drawn, id: string): PortItem[] {
  const { graph, operators, report } = drawn;
  const block = foldOf(graph, operators).blocks.get(id);
  const all = connectionsOf(graph);
  if (block) {
    const inside = new Set(block.nodes);
    return [
      ...block.inputs.map(({ id: handle, targets }): PortItem => {
        const wanted = new Set(targets.map(connectionId));
        return { node: id, handle, side: "input", name: handle, source: null, targets, links: all.filter((one) => wanted.has(connectionId(one))) };
      }),
      ...block.outputs.map(({ id: handle, from, output }): PortItem => {
        const links = all.filter((one) => one.from === from && !inside.has(one.to));
        return { node: id, handle, side: "output", name: handle, source: { from, output }, targets: [], links };
      }),
    ];
  }
  const node = findNode(graph, id);
  if (!node) return [];
  const operator = operators.get(node.op);
  const names = outputNames(operator, report?.nodes[id]);
  return [
    ...inputPorts(node, operator).map(({ name }): PortItem => {
      const links = all.filter((one) => one.to === id && one.port === name);
      return { node: id, handle: name, side: "input", name, source: null, targets: [{ to: id, port: name }], links };
    }),
    ...names.map((name): PortItem => {
      const output = outputReference(names, name);
      const links = all.filter((one) => one.from === id && (one.output === output || (output === null && one.output === "0")));
      return { node: id, handle: name, side: "output", name, source: { from: id, output }, targets: [], links };
    }),
  ];
}

/** The other end that a port could be connected to. */
export interface Partner extends PortMark {
  label: string;
  connections: Connection[];
  /** Something is connected to it, which it would take the place of. */
  isTaken: boolean;
}

/** What a port can be connected to without a loop: the nearest first, free inputs before taken ones. */
export function partnersOf(drawn: Drawn, item: PortItem): Partner[] {
  const { graph } = drawn;
  const own = new Set(item.source ? [item.source.from] : item.targets.map(({ to }) => to));
  const barred = item.source ? upstream(graph, own) : downstream(graph, own);
  const found = shownItems(drawn)
    .flatMap((id) => portsOf(drawn, id))
    .filter((other) => other.node !== item.node && other.side !== item.side && isOpen(other, barred))
    .map((other) => pair(item, other));
  const rank = ranks(graph);
  const here = Math.max(...[...own].map((id) => rank.get(id) ?? 0));
  const distance = (partner: Partner): number => {
    const [first] = partner.connections;
    return first ? Math.abs((rank.get(item.source ? first.to : first.from) ?? 0) - here) : 0;
  };
  return found
    .map((partner) => ({ partner, far: distance(partner) }))
    .sort((a, b) => Number(a.partner.isTaken) - Number(b.partner.isTaken) || a.far - b.far)
    .map(({ partner }) => partner);
}

function isOpen(other: PortItem, barred: ReadonlySet<string>): boolean {
  const ends = other.source ? [other.source.from] : other.targets.map(({ to }) => to);
  return ends.every((id) => !barred.has(id));
}

function pair(item: PortItem, other: PortItem): Partner {
  const [output, input] = item.side === "output" ? [item, other] : [other, item];
  const source = output.source ?? { from: output.node, output: null };
  return {
    node: other.node,
    handle: other.handle,
    label: other.side === "output" ? writeReference(source.from, source.output) : input.targets.map(connectionId).join(", "),
    connections: input.targets.map((target) => ({ ...source, ...target })),
    isTaken: other.side === "input" && other.links.length > 0,
  };
}

function shownItems({ graph, operators }: Drawn): string[] {
  const { nodes, blocks } = foldOf(graph, operators);
  return [...nodes.map(({ id }) => id), ...blocks.keys()];
}

/** What is drawn at the other end of each line of a port. */
export function linkedTo({ graph, operators }: Drawn, { side, links }: PortItem): string[] {
  const { shownAs } = foldOf(graph, operators);
  return [...new Set(links.map(({ from, to }) => shownAs(side === "input" ? from : to)))];
}
