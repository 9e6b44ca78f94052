import { Button, Drawer, Group, Loader, ScrollArea, SegmentedControl, Text } from "@mantine/core";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { ListTree } from "lucide-react";
import { useState } from "react";

import { planGraph } from "@/api/graphs";
import type { PlanReport } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";
import { ProblemText } from "@/shared/ProblemText";

import { useErrorCount, useSessionState } from "../session/context";
import { useUi, useUiState } from "../ui";
import classes from "./PlanDrawer.module.css";
import { PlanTable } from "./PlanTable";

type View = "steps" | "text";

/** What the Scheduler makes of the network: its steps in order, or its own words. */
export function PlanDrawer() {
  const { t } = useTranslation();
  const ui = useUi();
  const opened = useUiState((state) => state.plan);
  const [mode, setMode] = useState("training");
  const [view, setView] = useState<View>("steps");
  const batch_size = useSessionState((state) => state.settings.batch_size);
  return (
    <Drawer
      opened={opened}
      onClose={() => ui.setState({ plan: false })}
      position="right"
      size="xl"
      title={<Text fw={640}>{t("The plan for one batch of {{size}}", { size: batch_size })}</Text>}
    >
      <Group mb="sm">
        <SegmentedControl
          size="xs"
          value={mode}
          onChange={setMode}
          data={[
            { value: "training", label: t("Training") },
            { value: "inference", label: t("Inference") },
          ]}
        />
        <SegmentedControl
          size="xs"
          value={view}
          onChange={(value) => setView(value)}
          data={[
            { value: "steps", label: t("Steps") },
            { value: "text", label: t("Text") },
          ]}
        />
      </Group>
      <Plan training={mode === "training"} view={view} />
    </Drawer>
  );
}

/** Only drawn while the drawer is open: closed, it hears of no edit. */
function Plan({ training, view }: { training: boolean; view: View }) {
  const { t } = useTranslation();
  const ui = useUi();
  const graph = useSessionState((state) => state.graph);
  const dataset = useSessionState((state) => state.dataset);
  const batch_size = useSessionState((state) => state.settings.batch_size);
  const faults = useErrorCount();
  const plan = useQuery({
    queryKey: ["plan", graph.nodes, graph.outputs, dataset, batch_size, training],
    queryFn: ({ signal }) => planGraph({ graph, dataset, batch_size, training }, signal),
    enabled: faults === 0,
  });
  if (faults === 0) return <Answer plan={plan} view={view} />;
  return (
    <EmptyState
      icon={ListTree}
      title={t("There is no plan yet")}
      text={t("The network has {{count}} problems: only what fits can be planned.", { count: faults })}
    >
      <Button variant="light" onClick={() => ui.setState({ plan: false, problems: true })}>
        {t("Show the problems")}
      </Button>
    </EmptyState>
  );
}

function Answer({ plan, view }: { plan: UseQueryResult<PlanReport>; view: View }) {
  const { t } = useTranslation();
  return (
    <>
      {plan.isPending ? <Loader type="dots" role="status" aria-label={t("Planning")} /> : null}
      {plan.isError ? <ProblemText error={plan.error} title={t("There is no plan")} onRetry={() => void plan.refetch()} /> : null}
      {plan.isSuccess ? <PlanBody plan={plan.data} view={view} /> : null}
    </>
  );
}

function PlanBody({ plan, view }: { plan: PlanReport; view: View }) {
  return (
    <ScrollArea type="auto">
      {view === "steps" ? <PlanTable plan={plan} /> : <pre className={classes["text"]}>{plan.text}</pre>}
    </ScrollArea>
  );
}
