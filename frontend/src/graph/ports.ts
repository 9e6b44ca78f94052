import type { GraphNode, NodeReport, OperatorInfo, PortKind } from "@/api/types";

export interface Port {
  name: string;
  kind: PortKind;
  optional: boolean;
  doc: string;
}

type Reader = Pick<GraphNode, "inputs">;

const VARIADIC = /^arg(\d+)$/;

/** The input ports a node shows: data and label ports, and a weight or state port once it is connected. */
export function inputPorts(node: Reader, operator: OperatorInfo | undefined): Port[] {
  if (!operator) return Object.keys(node.inputs).map((name) => ({ name, kind: "data", optional: true, doc: "" }));
  if (operator.variadic) return variadicPorts(node, operator);
  return operator.inputs.filter(
    (port) => port.kind === "data" || port.kind === "label" || node.inputs[port.name] !== undefined,
  );
}

/** arg0 … as many as are connected, and one free one at the end. */
function variadicPorts(node: Reader, operator: OperatorInfo): Port[] {
  const used = Object.keys(node.inputs).flatMap((name) => VARIADIC.exec(name)?.[1] ?? []);
  const count = Math.max(2, ...used.map((digits) => Number(digits) + 2));
  const doc = operator.inputs[0]?.doc ?? "";
  return Array.from({ length: count }, (_, at) => ({ name: `arg${at}`, kind: "data", optional: at > 0, doc }));
}

/** Every port that can be connected, hidden ones too; null when the operator has no such port. */
export function findPort(operator: OperatorInfo, name: string): Port | null {
  if (operator.variadic) {
    return VARIADIC.test(name) ? { name, kind: "data", optional: true, doc: operator.inputs[0]?.doc ?? "" } : null;
  }
  return operator.inputs.find((port) => port.name === name) ?? null;
}

/** The outputs of a node. How many there are may depend on its parameters, so the last check knows best. */
export function outputNames(operator: OperatorInfo | undefined, report: NodeReport | undefined): string[] {
  if (report && report.outputs.length > 0) return report.outputs.map((output) => output.name);
  return operator?.outputs ?? ["output"];
}

/** The reference to write for an output: bare for the first, by name for the others. */
export function outputReference(names: readonly string[], output: string): string | null {
  return output === names[0] ? null : output;
}

/** The name of the output a reference means: `null` and "0" are the first. */
export function outputName(names: readonly string[], output: string | null): string {
  if (output === null) return names[0] ?? "output";
  return /^\d+$/.test(output) ? (names[Number(output)] ?? output) : output;
}

/** The first input that a new connection should take: a free data port, else any data port. */
export function portForNew(node: GraphNode, operator: OperatorInfo | undefined): string | null {
  const ports = inputPorts(node, operator).filter((port) => port.kind === "data");
  const free = ports.find((port) => node.inputs[port.name] === undefined);
  return free?.name ?? ports[0]?.name ?? null;
}
