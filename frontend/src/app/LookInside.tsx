import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";

import { useSessionState } from "@/features/editor/session/context";
import { NodeDetail } from "@/features/inspect/sample/NodeDetail";
import { NodeThumbnail } from "@/features/inspect/sample/NodeThumbnail";
import { LookContext, useGraphProbe, viewsOf } from "@/features/inspect/sample/probe";
import { SampleBar, type SampleBarProps } from "@/features/inspect/sample/SampleBar";
import { useTranslation } from "@/i18n/react";
import { NodeSlot } from "@/shared/nodeSlot";
import { datasetsQuery } from "@/shared/queries";

const thumbnail = (id: string): ReactNode => <NodeThumbnail id={id} />;

const BarContext = createContext<SampleBarProps | null>(null);

function Bar() {
  const given = useContext(BarContext);
  return given ? <SampleBar {...given} /> : null;
}

/** The same always, so that the editor is not drawn again with it. */
const overlay = <Bar />;

/**
 * Joins the canvas with looking inside: `children` draws the editor with what lies over its canvas. It is called once
 * for one function. While nobody looks, edits of the network do not come here.
 */
export function LookInside({ children }: { children: (overlay: ReactNode) => ReactNode }) {
  const { t } = useTranslation();
  const [on, setOn] = useState(false);
  const [index, setIndex] = useState(0);
  const [opened, setOpened] = useState<string | null>(null);
  const graph = useSessionState((state) => (on ? state.graph : null));
  const dataset = useSessionState((state) => state.dataset);
  const initializer = useSessionState((state) => state.settings.initializer);
  const seed = useSessionState((state) => state.settings.seed);
  const broken = useSessionState((state) => state.report?.problems.some((problem) => problem.severity === "error") ?? true);
  const datasets = useQuery(datasetsQuery);
  const probe = useGraphProbe(graph && !broken ? { graph, dataset, initializer, seed } : null, index, opened);
  const reply = broken ? undefined : probe.data;
  const views = useMemo(() => viewsOf(reply), [reply]);
  const look = useMemo(() => (on ? { views, open: setOpened } : null), [on, views]);
  const editor = useMemo(() => children(overlay), [children]);
  const bar: SampleBarProps = {
    on,
    onToggle: () => setOn(!on),
    hindrance: broken ? t("Mend the network's errors to look inside.") : null,
    index,
    count: datasets.data?.items.find((one) => one.id === dataset)?.samples.test ?? 1,
    onIndex: setIndex,
    reply,
    error: probe.error,
    isFetching: probe.isFetching,
  };
  return (
    <LookContext value={look}>
      <BarContext value={bar}>
        <NodeSlot value={on ? thumbnail : null}>{editor}</NodeSlot>
      </BarContext>
      <NodeDetail
        view={opened === null || !on ? undefined : views.get(opened)}
        detail={probe.isPlaceholderData ? null : (reply?.detail ?? null)}
        weights={reply?.weights ?? {}}
        onClose={() => setOpened(null)}
      />
    </LookContext>
  );
}
