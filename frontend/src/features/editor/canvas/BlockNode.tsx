import { Handle, type NodeProps, Position } from "@xyflow/react";
import { Boxes } from "lucide-react";
import { memo, useContext } from "react";

import type { Graph } from "@/api/types";
import type { Block, BlockInput, BlockOutput } from "@/graph/fold";
import { findNode } from "@/graph/model";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatCount } from "@/shared/format";
import { NodeSlot } from "@/shared/nodeSlot";

import { shortTitle } from "../describeNode";
import { useFold, useSession, useSessionState } from "../session/context";
import classes from "./OpNode.module.css";
import { ProblemBadge, worstOf } from "./ProblemBadge";
import { useProblemsIn } from "./useProblemsIn";
import type { BlockFlowNode } from "./flow";

/** A collapsed group: one block with the ports that cross its edge. */
export const BlockNode = memo(function BlockNode({ id, selected }: NodeProps<BlockFlowNode>) {
  const { t } = useTranslation();
  const block = useFold().blocks.get(id);
  const facts = useSessionState((state) => state.report?.groups[id]);
  const problems = useProblemsIn(id, block?.nodes ?? []);
  const slot = useContext(NodeSlot);
  if (!block) return null;
  const { group } = block;
  const count = facts?.parameters ?? 0;
  const exact = t("{{amount}} trained parameters", { amount: formatNumber(count) });
  return (
    <div className={`${classes["node"] ?? ""} ${classes["block"] ?? ""}`} data-selected={selected || undefined} data-severity={worstOf(problems)}>
      <Inputs inputs={block.inputs} />
      <div className={classes["head"]}>
        <Boxes className={classes["icon"]} size={14} strokeWidth={2} aria-hidden />
        <span className={classes["title"]}>{group.title || group.id}</span>
        {group.repeat > 1 ? (
          <span className={classes["repeat"]} role="note" aria-label={t("repeated {{count}} times", { count: group.repeat })}>
            ×{group.repeat}
          </span>
        ) : null}
        <span className={classes["id"]}>{group.title ? group.id : ""}</span>
      </div>
      <div className={classes["facts"]}>
        <Summary block={block} />
        {count > 0 ? (
          <span className={classes["count"]} title={exact} role="note" aria-label={exact}>
            {formatCount(count)}
          </span>
        ) : null}
      </div>
      {problems.length > 0 ? <ProblemBadge problems={problems} /> : null}
      <Outputs outputs={block.outputs} />
      {block.outputs[0] ? slot?.(block.outputs[0].from) : null}
    </div>
  );
});

/** What is in it, in a line: "Convolution, BatchNorm, Activation". */
function Summary({ block }: { block: Block }) {
  const { operators } = useSession();
  const text = useSessionState(({ graph }) => listOperators(graph, block, (op) => {
    const operator = operators.get(op);
    return operator ? shortTitle(operator) : op;
  }));
  return (
    <span className={classes["params"]} title={text}>
      {text}
    </span>
  );
}

function listOperators(graph: Graph, { nodes }: Block, title: (op: string) => string): string {
  return [...new Set(nodes.flatMap((id) => findNode(graph, id)?.op ?? []).map(title))].join(", ");
}

function Inputs({ inputs }: { inputs: readonly BlockInput[] }) {
  const { t } = useTranslation();
  return inputs.map(({ id, targets }, at) => {
    const [first] = targets;
    const name = first ? t("Input {{port}} of {{node}}", { port: first.port, node: first.to }) : id;
    return (
      <Handle
        key={id}
        id={id}
        type="target"
        position={Position.Top}
        className={classes["port"] ?? ""}
        data-kind="data"
        style={{ left: `${(100 * (at + 1)) / (inputs.length + 1)}%` }}
        title={name}
        role="group"
        aria-label={name}
      />
    );
  });
}

function Outputs({ outputs }: { outputs: readonly BlockOutput[] }) {
  const { t } = useTranslation();
  return outputs.map(({ id }, at) => (
    <Handle
      key={id}
      id={id}
      type="source"
      position={Position.Bottom}
      className={classes["port"] ?? ""}
      data-kind="data"
      style={{ left: `${(100 * (at + 1)) / (outputs.length + 1)}%` }}
      title={id}
      role="group"
      aria-label={t("Output {{name}}", { name: id })}
    />
  ));
}
