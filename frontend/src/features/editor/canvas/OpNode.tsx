import { Handle, Position, type NodeProps } from "@xyflow/react";
import { type CSSProperties, memo, useContext } from "react";

import type { GraphNode, NodeReport, OperatorInfo } from "@/api/types";
import { findNode, readReference } from "@/graph/model";
import { inputPorts, outputNames } from "@/graph/ports";
import { type Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatCount, formatShape } from "@/shared/format";
import { NodeSlot } from "@/shared/nodeSlot";

import { lookOf } from "@/shared/category";
import { shortTitle, summarise } from "../describeNode";
import { useSession, useSessionState } from "../session/context";
import type { OpFlowNode } from "./flow";
import classes from "./OpNode.module.css";
import { ProblemBadge, worstOf } from "./ProblemBadge";

/** The one node there is: everything it shows comes from the operator's definition and the last check. */
export const OpNode = memo(function OpNode({ id, selected }: NodeProps<OpFlowNode>) {
  const { t } = useTranslation();
  const { operators } = useSession();
  const node = useSessionState((state) => findNode(state.graph, id));
  const report = useSessionState((state) => state.report?.nodes[id]);
  const problems = useSessionState((state) => state.problems.get(id));
  const isOutput = useSessionState((state) => state.graph.outputs.some((reference) => readReference(reference)[0] === id));
  const slot = useContext(NodeSlot);
  if (!node) return null;
  const operator = operators.get(node.op);
  const { hue } = lookOf(operator?.category ?? "");
  return (
    <div
      className={classes["node"]}
      data-selected={selected || undefined}
      data-severity={worstOf(problems ?? [])}
      data-unknown={operator ? undefined : true}
      style={{ "--hue": hue } as CSSProperties}
    >
      <Inputs node={node} operator={operator} />
      <Head id={id} op={node.op} operator={operator} />
      <div className={classes["facts"]}>
        <span className={classes["params"]}>{summarise(node, operator) || describeOutput(report, t)}</span>
        <Count report={report} />
      </div>
      {isOutput ? <EndShape report={report} /> : null}
      {problems ? <ProblemBadge problems={problems} /> : null}
      <Outputs names={outputNames(operator, report).join(" ")} />
      {slot?.(id)}
    </div>
  );
});

/** What no edit but a new name changes. */
const Head = memo(function Head({ id, op, operator }: { id: string; op: string; operator: OperatorInfo | undefined }) {
  const { icon: Icon } = lookOf(operator?.category ?? "");
  return (
    <div className={classes["head"]}>
      <Icon className={classes["icon"]} size={14} strokeWidth={2} aria-hidden />
      <span className={classes["title"]}>{operator ? shortTitle(operator) : op}</span>
      <span className={classes["id"]}>{id}</span>
    </div>
  );
});

function Count({ report }: { report: NodeReport | undefined }) {
  const { t } = useTranslation();
  if (!report || report.parameters === 0) return null;
  const exact = t("{{amount}} trained parameters", { amount: formatNumber(report.parameters) });
  return (
    <span className={classes["count"]} title={exact} role="note" aria-label={exact}>
      {formatCount(report.parameters)}
    </span>
  );
}

/** A node without parameters says what it gives. */
function describeOutput(report: NodeReport | undefined, t: Translate): string {
  const shape = report?.outputs[0]?.shape;
  return shape ? t("gives {{shape}}", { shape: formatShape(shape) }) : "";
}

/** Nothing leaves an end of the graph, so its shape is written under it. */
function EndShape({ report }: { report: NodeReport | undefined }) {
  const shape = report?.outputs[0]?.shape;
  return shape ? <span className={classes["end"]}>{formatShape(shape)}</span> : null;
}

/** Ports stay as they are when the shapes change: React Flow's handles are the dearest part of a node. */
const Inputs = memo(function Inputs({ node, operator }: { node: GraphNode; operator: OperatorInfo | undefined }) {
  const { t } = useTranslation();
  const ports = inputPorts(node, operator);
  return ports.map((port, at) => (
    <Handle
      key={port.name}
      id={port.name}
      type="target"
      position={Position.Top}
      className={classes["port"] ?? ""}
      data-kind={port.kind}
      data-optional={port.optional || undefined}
      style={{ left: `${(100 * (at + 1)) / (ports.length + 1)}%` }}
      title={`${port.optional ? t("{{name}} (optional)", { name: port.name }) : port.name}${port.doc ? `: ${port.doc}` : ""}`}
      role="group"
      aria-label={t("Input {{name}}", { name: port.name })}
    >
      {ports.length > 1 ? <span className={classes["portName"]}>{port.name}</span> : null}
    </Handle>
  ));
});

const Outputs = memo(function Outputs({ names }: { names: string }) {
  const { t } = useTranslation();
  const all = names.split(" ");
  return all.map((name, at) => (
    <Handle
      key={name}
      id={name}
      type="source"
      position={Position.Bottom}
      className={classes["port"] ?? ""}
      data-kind="data"
      style={{ left: `${(100 * (at + 1)) / (all.length + 1)}%` }}
      title={name}
      role="group"
      aria-label={t("Output {{name}}", { name })}
    />
  ));
});
