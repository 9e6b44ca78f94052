import { Text } from "@mantine/core";

import type { CheckReport, GraphNode, NodeReport } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { formatCount, formatShape } from "./format";
import classes from "./LayerList.module.css";

interface Props {
  nodes: readonly GraphNode[];
  report: CheckReport | null | undefined;
}

/** The layers of a network in order, with what comes out of each. */
export function LayerList({ nodes, report }: Props) {
  return (
    <ol className={classes["layers"]}>
      {nodes.map((node) => (
        <Layer key={node.id} node={node} report={report?.nodes[node.id]} />
      ))}
    </ol>
  );
}

function Layer({ node, report }: { node: GraphNode; report: NodeReport | undefined }) {
  const { t } = useTranslation();
  const shape = report?.outputs[0]?.shape;
  return (
    <li>
      <span>
        <b>{node.id}</b> {node.op}
      </span>
      <span className="nw-numbers">{shape ? formatShape(shape.slice(1)) : ""}</span>
      <Text component="span" size="xs" c="dimmed">
        {Object.entries(node.params)
          .map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
          .join(", ")}
      </Text>
      <Text component="span" size="xs" c="dimmed" ta="right">
        {report && report.parameters > 0 ? t("{{weights}} weights", { weights: formatCount(report.parameters) }) : ""}
      </Text>
    </li>
  );
}
