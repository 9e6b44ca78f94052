import { Skeleton, Text } from "@mantine/core";

import type { GraphNode, ModelVersion, NodeReport } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatCount, formatShape } from "@/shared/format";

import classes from "./models.module.css";
import { useGraphReport } from "./queries";

/** The layers of the network in order, with what comes out of each. */
export function GraphSummary({ version }: { version: ModelVersion }) {
  const { t } = useTranslation();
  const { data, isPending } = useGraphReport(version);
  const { nodes } = version.graph;
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Network")}>
      <h2>
        {t("Network, {{nodes}} nodes, {{weights}} weights", { nodes: nodes.length, weights: formatCount(version.parameters) })}
      </h2>
      {isPending ? <Skeleton height={120} /> : null}
      <ol className={classes["layers"]}>
        {isPending ? null : nodes.map((node) => <Layer key={node.id} node={node} report={data?.nodes[node.id]} />)}
      </ol>
    </section>
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
