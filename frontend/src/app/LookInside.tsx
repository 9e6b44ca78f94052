import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";

import { useSessionState } from "@/features/editor/session/context";
import { NodeDetail } from "@/features/inspect/sample/NodeDetail";
import { NodeThumbnail } from "@/features/inspect/sample/NodeThumbnail";
import { LookContext, useGraphProbe, viewsOf } from "@/features/inspect/sample/probe";
import { SampleBar } from "@/features/inspect/sample/SampleBar";
import { useTranslation } from "@/i18n/react";
import { NodeSlot } from "@/shared/nodeSlot";
import { datasetsQuery } from "@/shared/queries";

const thumbnail = (id: string): ReactNode => <NodeThumbnail id={id} />;

/** Joins the canvas with looking inside: `children` draws the editor with what lies over its canvas. */
export function LookInside({ children }: { children: (overlay: ReactNode) => ReactNode }) {
  const { t } = useTranslation();
  const [on, setOn] = useState(false);
  const [index, setIndex] = useState(0);
  const [opened, setOpened] = useState<string | null>(null);
  const graph = useSessionState((state) => state.graph);
  const dataset = useSessionState((state) => state.dataset);
  const settings = useSessionState((state) => state.settings);
  const broken = useSessionState((state) => state.report?.problems.some((problem) => problem.severity === "error") ?? true);
  const datasets = useQuery(datasetsQuery);
  const drawn = { graph, dataset, initializer: settings.initializer, seed: settings.seed };
  const hindrance = broken ? t("Mend the network's errors to look inside.") : null;
  const probe = useGraphProbe(drawn, index, opened, on && !broken);
  const reply = broken ? undefined : probe.data;
  const views = useMemo(() => viewsOf(reply), [reply]);
  const look = useMemo(() => (on ? { views, open: setOpened } : null), [on, views]);
  const count = datasets.data?.items.find((one) => one.id === dataset)?.samples.test ?? 1;
  const overlay = (
    <SampleBar
      on={on}
      onToggle={() => setOn(!on)}
      hindrance={hindrance}
      index={index}
      count={count}
      onIndex={setIndex}
      reply={reply}
      error={probe.error}
      isFetching={probe.isFetching}
    />
  );
  return (
    <LookContext value={look}>
      <NodeSlot value={on ? thumbnail : null}>{children(overlay)}</NodeSlot>
      <NodeDetail
        view={opened === null || !on ? undefined : views.get(opened)}
        detail={probe.isPlaceholderData ? null : (reply?.detail ?? null)}
        weights={reply?.weights ?? {}}
        onClose={() => setOpened(null)}
      />
    </LookContext>
  );
}
