import { Select, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Dataset } from "@/api/types";
import { formatBytes, formatFlops, formatShape } from "@/shared/format";

import { ProblemCard } from "../problems/ProblemCard";
import { datasetsQuery } from "@/shared/queries";
import { useSession, useSessionState } from "../session/context";
import classes from "./Inspector.module.css";

/** The whole graph: what feeds it and what it comes to. */
export function GraphFacts() {
  const graph = useSessionState((state) => state.graph);
  const report = useSessionState((state) => state.report);
  const batch = useSessionState((state) => state.settings.batch_size);
  const general = report?.problems.filter((problem) => problem.node === null) ?? [];
  return (
    <>
      <div>
        <Text fw={640}>Network</Text>
        <Text size="xs" c="dimmed">
          Select a node to see and change it.
        </Text>
      </div>
      {general.map((problem, at) => (
        <ProblemCard key={at} problem={problem} />
      ))}
      <DatasetChoice />
      {report ? (
        <section className={classes["section"]} aria-label="Totals">
          <h3>Totals, batch of {batch}</h3>
          <dl className={classes["facts"]}>
            <dt>Nodes</dt>
            <dd>{graph.nodes.length}</dd>
            <dt>Outputs</dt>
            <dd>{graph.outputs.join(", ") || "none"}</dd>
            <dt>Trained parameters</dt>
            <dd>{report.totals.parameters.toLocaleString()}</dd>
            <dt>Weights</dt>
            <dd>{formatBytes(report.totals.weight_bytes)}</dd>
            <dt>Activations</dt>
            <dd>{formatBytes(report.totals.activation_bytes)}</dd>
            <dt>Forward pass</dt>
            <dd>{formatFlops(report.totals.flops)}</dd>
          </dl>
        </section>
      ) : null}
    </>
  );
}

function DatasetChoice() {
  const session = useSession();
  const dataset = useSessionState((state) => state.dataset);
  const { data, isPending } = useQuery(datasetsQuery);
  const items = data?.items ?? [];
  const chosen = items.find((item) => item.id === dataset);
  const options = items.map((item) => ({ value: item.id, label: item.title, disabled: !item.available }));
  if (dataset !== null && !chosen && !isPending) options.push({ value: dataset, label: `${dataset} (gone)`, disabled: true });
  return (
    <Select
      label="Data set"
      size="xs"
      description={chosen ? describeDataset(chosen) : "Gives the inputs their shapes"}
      placeholder="none chosen"
      searchable
      clearable
      data={options}
      value={dataset}
      onChange={(value) => session.chooseDataset(value)}
    />
  );
}

function describeDataset({ input, label, samples }: Dataset): string {
  const target = label.kind === "class" ? `${label.classes?.length ?? "?"} classes` : label.kind === "value" ? "a value" : "no label";
  return `${formatShape(input.shape)} → ${target}, ${samples.train.toLocaleString()} samples`;
}
