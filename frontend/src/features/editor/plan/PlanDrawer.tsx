import { Drawer, Group, Loader, ScrollArea, SegmentedControl, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { planGraph } from "@/api/graphs";
import type { PlanReport } from "@/api/types";
import { ProblemText } from "@/shared/ProblemText";

import { useSessionState } from "../session/context";
import { useUi, useUiState } from "../ui";
import classes from "./PlanDrawer.module.css";
import { PlanTable } from "./PlanTable";

type View = "steps" | "text";

/** What the Scheduler makes of the network: its steps in order, or its own words. */
export function PlanDrawer() {
  const ui = useUi();
  const opened = useUiState((state) => state.plan);
  const [mode, setMode] = useState("training");
  const [view, setView] = useState<View>("steps");
  const graph = useSessionState((state) => state.graph);
  const dataset = useSessionState((state) => state.dataset);
  const batch_size = useSessionState((state) => state.settings.batch_size);
  const training = mode === "training";
  const plan = useQuery({
    queryKey: ["plan", graph.nodes, graph.outputs, dataset, batch_size, training],
    queryFn: ({ signal }) => planGraph({ graph, dataset, batch_size, training }, signal),
    enabled: opened,
  });
  return (
    <Drawer
      opened={opened}
      onClose={() => ui.setState({ plan: false })}
      position="right"
      size="xl"
      title={<Text fw={640}>The plan for one batch of {batch_size}</Text>}
    >
      <Group mb="sm">
        <SegmentedControl
          size="xs"
          value={mode}
          onChange={setMode}
          data={[
            { value: "training", label: "Training" },
            { value: "inference", label: "Inference" },
          ]}
        />
        <SegmentedControl
          size="xs"
          value={view}
          onChange={(value) => setView(value)}
          data={[
            { value: "steps", label: "Steps" },
            { value: "text", label: "Text" },
          ]}
        />
      </Group>
      {plan.isPending ? <Loader type="dots" aria-label="Planning" /> : null}
      {plan.isError ? <ProblemText error={plan.error} title="There is no plan" onRetry={() => void plan.refetch()} /> : null}
      {plan.isSuccess ? <PlanBody plan={plan.data} view={view} /> : null}
    </Drawer>
  );
}

function PlanBody({ plan, view }: { plan: PlanReport; view: View }) {
  return (
    <ScrollArea type="auto">
      {view === "steps" ? <PlanTable plan={plan} /> : <pre className={classes["text"]}>{plan.text}</pre>}
    </ScrollArea>
  );
}
