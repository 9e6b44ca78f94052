import { Skeleton } from "@mantine/core";

import type { ModelVersion } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatCount } from "@/shared/format";
import { LayerList } from "@/shared/LayerList";

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
      {isPending ? <Skeleton height={120} /> : <LayerList nodes={nodes} report={data} />}
    </section>
  );
}
