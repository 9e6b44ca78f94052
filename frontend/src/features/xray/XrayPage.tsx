import { Button, Loader, SegmentedControl } from "@mantine/core";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { ScanLine, Square, Timer } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";

import { compareStrategies, measureGraph, type PlanQuestion, xrayGraph } from "@/api/graphs";
import type { Graph, Measured, OperatorInfo, StrategyName, XrayReport } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";
import { ProblemText } from "@/shared/ProblemText";

import { createPointer, PointerContext } from "./pointer";
import { StrategyTable, strategyNames } from "./StrategyTable";
import { XrayBody } from "./XrayBody";
import classes from "./xray.module.css";

export interface XrayPageProps {
  graph: Graph;
  dataset: string | null;
  batchSize: number;
  operators: ReadonlyMap<string, OperatorInfo>;
  /** Errors in the network: what does not fit cannot be planned. */
  faults: number;
  onShowNode: (node: string) => void;
  onShowNetwork: () => void;
}

/** What the framework makes of this network: its plan, its memory, its time, and why. */
export default function XrayPage({ graph, dataset, batchSize, operators, faults, onShowNode, onShowNetwork }: XrayPageProps) {
  const { t } = useTranslation();
  const [mode, setMode] = useState("training");
  const [strategy, setStrategy] = useState<StrategyName>("balanced");
  const training = mode === "training";
  const question: PlanQuestion = { graph, dataset, batch_size: batchSize, training };
  const key = [graph.nodes, graph.outputs, graph.groups, dataset, batchSize, training];
  const enabled = faults === 0;
  const xray = useQuery({
    queryKey: ["xray", ...key, strategy],
    queryFn: ({ signal }) => xrayGraph({ ...question, strategy }, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
  const comparison = useQuery({
    queryKey: ["strategies", ...key],
    queryFn: ({ signal }) => compareStrategies(question, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const measuring = useMutation({
    mutationFn: async (of: XrayReport) => {
      stop.current = new AbortController();
      return { of, found: await measureGraph({ ...question, strategy }, stop.current.signal) };
    },
  });
  const isStopped = measuring.error instanceof DOMException && measuring.error.name === "AbortError";
  // A measurement belongs to the plan it was asked for.
  const measured: Measured | null = measuring.data && measuring.data.of === xray.data ? measuring.data.found : null;

  if (!enabled) {
    return (
      <EmptyState icon={ScanLine} title={t("There is no plan yet")} text={t("The network has {{count}} problems: only what fits can be planned.", { count: faults })}>
        <Button variant="light" onClick={onShowNetwork}>
          {t("Show the network")}
        </Button>
      </EmptyState>
    );
  }
  return (
    <div className={classes["page"]}>
      <div className={classes["bar"]}>
        <h2>{t("X-ray of one batch of {{size}}", { size: batchSize })}</h2>
        <SegmentedControl
          size="xs"
          aria-label={t("What is planned")}
          value={mode}
          onChange={setMode}
          data={[
            { value: "training", label: t("Training") },
            { value: "inference", label: t("Inference") },
          ]}
        />
        <SegmentedControl
          size="xs"
          aria-label={t("Strategy")}
          value={strategy}
          onChange={setStrategy}
          data={strategyNames.map((value) => ({ value, label: value }))}
        />
        <Button
          size="xs"
          variant="light"
          leftSection={<Timer size={14} aria-hidden />}
          disabled={measuring.isPending || !xray.data || xray.isPlaceholderData}
          onClick={() => xray.data && measuring.mutate(xray.data)}
        >
          {t("Measure the steps")}
        </Button>
        {measuring.isPending ? (
          <>
            <Loader size="xs" aria-label={t("Measuring")} />
            <Button size="xs" variant="default" leftSection={<Square size={12} aria-hidden />} onClick={() => stop.current?.abort()}>
              {t("Stop measuring")}
            </Button>
          </>
        ) : null}
      </div>
      {measuring.isError && !isStopped ? <ProblemText error={measuring.error} title={t("The plan was not measured")} /> : null}
      {xray.isError ? <ProblemText error={xray.error} title={t("There is no plan")} onRetry={() => void xray.refetch()} /> : null}
      {comparison.data ? (
        <section className="nw-card" aria-label={t("Strategies")}>
          <StrategyTable rows={comparison.data.strategies} chosen={strategy} onChoose={setStrategy} />
        </section>
      ) : null}
      {xray.isPending ? <Loader type="dots" role="status" aria-label={t("Loading")} /> : null}
      {xray.data ? (
        <Pointed key={strategy + mode}>
          <XrayBody xray={xray.data} measured={measured} graph={graph} operators={operators} onShowNode={onShowNode} />
        </Pointed>
      ) : null}
    </div>
  );
}

/** A pointer for each plan: steps of another plan have other numbers. */
function Pointed({ children }: { children: ReactNode }) {
  const [pointer] = useState(createPointer);
  return <PointerContext value={pointer}>{children}</PointerContext>;
}
