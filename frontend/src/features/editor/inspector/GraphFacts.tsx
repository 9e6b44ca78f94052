import { Select, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Dataset } from "@/api/types";
import { type Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatBytes, formatFlops, formatShape } from "@/shared/format";

import { ProblemCard } from "../problems/ProblemCard";
import { datasetsQuery } from "@/shared/queries";
import { useSession, useSessionState } from "../session/context";
import classes from "./Inspector.module.css";

/** The whole graph: what feeds it and what it comes to. */
export function GraphFacts() {
  const { t } = useTranslation();
  const graph = useSessionState((state) => state.graph);
  const report = useSessionState((state) => state.report);
  const batch = useSessionState((state) => state.settings.batch_size);
  // A missing loss is told at the node that it would follow, but it is the network that lacks it.
  const general = report?.problems.filter(({ node, code }) => node === null || code === "no_loss") ?? [];
  return (
    <>
      <div>
        <Text fw={640}>{t("Network")}</Text>
        <Text size="xs" c="dimmed">
          {t("Select a node to see and change it.")}
        </Text>
      </div>
      {general.map((problem, at) => (
        <ProblemCard key={at} problem={problem} />
      ))}
      <DatasetChoice />
      {report ? (
        <section className={classes["section"]} aria-label={t("Totals")}>
          <h2>{t("Totals, batch of {{batch}}", { batch })}</h2>
          <dl className={classes["facts"]}>
            <dt>{t("Nodes")}</dt>
            <dd>{graph.nodes.length}</dd>
            <dt>{t("Outputs")}</dt>
            <dd>{graph.outputs.join(", ") || t("none")}</dd>
            <dt>{t("Trained parameters")}</dt>
            <dd>{formatNumber(report.totals.parameters)}</dd>
            <dt>{t("Weights")}</dt>
            <dd>{formatBytes(report.totals.weight_bytes)}</dd>
            <dt>{t("Activations")}</dt>
            <dd>{formatBytes(report.totals.activation_bytes)}</dd>
            <dt>{t("Forward pass")}</dt>
            <dd>{formatFlops(report.totals.flops)}</dd>
          </dl>
        </section>
      ) : null}
    </>
  );
}

function DatasetChoice() {
  const { t } = useTranslation();
  const session = useSession();
  const dataset = useSessionState((state) => state.dataset);
  const { data, isPending } = useQuery(datasetsQuery);
  const items = data?.items ?? [];
  const chosen = items.find((item) => item.id === dataset);
  const options = items.map((item) => ({ value: item.id, label: item.title, disabled: !item.available }));
  if (dataset !== null && !chosen && !isPending) options.push({ value: dataset, label: t("{{dataset}} (gone)", { dataset }), disabled: true });
  return (
    <Select
      label={t("Data set")}
      size="xs"
      description={chosen ? describeDataset(chosen, t) : t("Gives the inputs their shapes")}
      placeholder={t("none chosen")}
      searchable
      clearable
      data={options}
      value={dataset}
      onChange={(value) => session.chooseDataset(value)}
    />
  );
}

function describeDataset({ input, label, samples }: Dataset, t: Translate): string {
  const facts = { shape: formatShape(input.shape), samples: formatNumber(samples.train) };
  if (label.kind === "class")
    return t("{{shape}} → {{classes}} classes, {{samples}} samples", { ...facts, classes: label.classes?.length ?? "?" });
  return label.kind === "value"
    ? t("{{shape}} → a value, {{samples}} samples", facts)
    : t("{{shape}} → no label, {{samples}} samples", facts);
}
