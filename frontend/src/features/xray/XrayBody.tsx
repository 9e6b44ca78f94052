import { SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";

import type { Graph, Measured, OperatorInfo, XrayReport } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { Flame } from "./Flame";
import { formatSeconds } from "./format";
import { MemoryTimeline } from "./MemoryTimeline";
import { readPlan } from "./model";
import { PassList } from "./PassList";
import { StepTable, TensorTable } from "./PlanTables";
import { StepPairs } from "./StepPairs";
import { StepStory } from "./StepStory";
import classes from "./xray.module.css";

interface Props {
  xray: XrayReport;
  measured: Measured | null;
  graph: Graph;
  operators: ReadonlyMap<string, OperatorInfo>;
  onShowNode: (node: string) => void;
}

/** One plan: its memory and its time above its steps, and the step that is looked at beside them. */
export function XrayBody({ xray, measured, graph, operators, onShowNode }: Props) {
  const { t } = useTranslation();
  const [view, setView] = useState("pictures");
  const plan = useMemo(() => readPlan(xray, measured), [xray, measured]);
  const ops = useMemo(() => new Map(graph.nodes.map(({ id, op }) => [id, op])), [graph]);
  return (
    <>
      <div className={classes["bar"]}>
        <SegmentedControl
          size="xs"
          aria-label={t("How the plan is shown")}
          value={view}
          onChange={setView}
          data={[
            { value: "pictures", label: t("Pictures") },
            { value: "tables", label: t("Tables") },
          ]}
        />
        <span className={classes["note"]} role="status">
          {measured
            ? t("Measured on {{device}}: {{time}} for one unwatched run, the least of {{runs}}; {{how}}.", {
                device: measured.device,
                time: formatSeconds(measured.whole),
                runs: measured.runs,
                how: measured.native ? t("native code") : t("interpreted"),
              })
            : t("Times are predicted from what this machine can do, until they are measured.")}
        </span>
      </div>
      {view === "tables" ? (
        <>
          <section className="nw-card" aria-label={t("Steps")}>
            <StepTable plan={plan} />
          </section>
          <section className="nw-card" aria-label={t("Memory")}>
            <TensorTable plan={plan} />
          </section>
        </>
      ) : (
        <div className={classes["columns"]}>
          <div className={classes["main"]}>
            <section className="nw-card" aria-labelledby="xray-memory">
              <h3 id="xray-memory">{t("Memory")}</h3>
              <MemoryTimeline plan={plan} />
            </section>
            <section className="nw-card" aria-label={t("Time")}>
              <Flame plan={plan} clock="predicted" />
              {measured ? <Flame plan={plan} clock="measured" /> : null}
            </section>
            <section className="nw-card" aria-labelledby="xray-steps">
              <h3 id="xray-steps">{t("Steps")}</h3>
              <StepPairs plan={plan} />
            </section>
            <section className="nw-card" aria-labelledby="xray-passes">
              <h3 id="xray-passes">{t("What the passes changed")}</h3>
              <PassList passes={plan.report.passes} />
            </section>
          </div>
          <StepStory plan={plan} operators={operators} opOf={(node) => ops.get(node)} onShowNode={onShowNode} />
        </div>
      )}
    </>
  );
}
