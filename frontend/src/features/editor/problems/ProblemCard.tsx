import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Wrench } from "lucide-react";

import { judgeConnections } from "@/api/graphs";
import type { Problem } from "@/api/types";
import { findNode } from "@/graph/model";
import { useTranslation } from "@/i18n/react";

import { useAct } from "../actions/useActions";
import classes from "../inspector/Inspector.module.css";
import { useSessionState } from "../session/context";

/** One problem in full: what, wanted, got, what to do, and the mend as one click where there is one. */
export function ProblemCard({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  const { message, wanted, got, remedy, severity } = problem;
  return (
    <div className={classes["problem"]} data-severity={severity}>
      <strong>{message}</strong>
      {wanted !== null || got !== null ? (
        <dl className={classes["pair"]}>
          {wanted === null ? null : <Pair name={t("Wanted")} value={wanted} />}
          {got === null ? null : <Pair name={t("Got")} value={got} />}
        </dl>
      ) : null}
      {remedy === null ? null : <span>{remedy}</span>}
      <FixButton problem={problem} />
      {mendable.has(problem.code) && problem.node !== null ? <Mends problem={problem} node={problem.node} /> : null}
    </div>
  );
}

/** What a change of layers or shapes can put right. */
const mendable: ReadonlySet<string> = new Set(["shape_mismatch", "label_mismatch"]);

/** Further ways, worked out by the server for what leads to the node now. */
function Mends({ problem, node }: { problem: Problem; node: string }) {
  const act = useAct();
  const graph = useSessionState((state) => state.graph);
  const dataset = useSessionState((state) => state.dataset);
  const batch_size = useSessionState((state) => state.settings.batch_size);
  const connections = Object.entries(findNode(graph, node)?.inputs ?? {}).map(([port, from]) => ({ from, to: node, port }));
  const { data } = useQuery({
    queryKey: ["mends", graph.nodes, node, dataset, batch_size],
    queryFn: ({ signal }) => judgeConnections({ graph, dataset, batch_size, connections }, signal),
    enabled: connections.length > 0,
    retry: false,
  });
  const others = (data?.mends ?? []).filter(({ label }) => label !== problem.fix?.label);
  return others.map(({ label, edits }) => (
    <Button key={label} size="compact-xs" variant="light" leftSection={<Wrench size={12} />} style={{ alignSelf: "flex-start" }} onClick={() => act(label, edits)}>
      {label}
    </Button>
  ));
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

export function FixButton({ problem }: { problem: Problem }) {
  const act = useAct();
  const { fix } = problem;
  if (!fix) return null;
  return (
    <Button
      size="compact-xs"
      variant="light"
      leftSection={<Wrench size={12} />}
      style={{ alignSelf: "flex-start" }}
      onClick={() => act(fix.label, fix.edits)}
    >
      {fix.label}
    </Button>
  );
}
