import { SegmentedControl, Skeleton, Stack, Text } from "@mantine/core";
import { ScanEye } from "lucide-react";
import { useState } from "react";

import type { Inside, Snapshot } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";
import type { RunInsideProps } from "@/shared/insideSlot";
import { ProblemText } from "@/shared/ProblemText";

import { PictureView } from "../draw/PictureView";
import { LatentPanel } from "../latent/LatentPanel";
import { QualityPanel } from "../quality/QualityPanel";
import { Decisions } from "./Decisions";
import { GradientFlow } from "./GradientFlow";
import { HistoryView } from "./HistoryView";
import { Layers } from "./Layers";
import { useInside, useSnapshot } from "./queries";
import { Scrubber } from "./Scrubber";
import { useFilm } from "./useFilm";
import { Weights } from "./Weights";

type View = "decisions" | "layers" | "weights" | "flow" | "generated" | "quality" | "latent";

/** The inside of a run: its film from the first step to the last, and how good it has become. */
export default function RunInside({ run, newest, hasWeights }: RunInsideProps) {
  const { t } = useTranslation();
  const inside = useInside(run.id, newest);
  const [chosen, setView] = useState<View | null>(null);
  if (inside.error) return <ProblemText error={inside.error} onRetry={() => void inside.refetch()} />;
  if (!inside.data) return <Skeleton height={320} />;
  const names: Record<View, string> = {
    decisions: t("Decisions"),
    layers: t("Activations"),
    weights: t("Weights"),
    flow: t("Gradient flow"),
    generated: t("Generated"),
    quality: t("Mistakes"),
    latent: t("Latent space"),
  };
  const views = viewsOf(inside.data, hasWeights);
  const view = chosen !== null && views.includes(chosen) ? chosen : (views[0] ?? null);
  if (view === null) return <Nothing share={inside.data.share} />;
  return (
    <Stack gap="md">
      <SegmentedControl
        aria-label={t("What to look at")}
        data={views.map((value) => ({ value, label: names[value] }))}
        value={view}
        onChange={(value) => setView(value)}
        style={{ alignSelf: "flex-start", maxWidth: "100%", overflowX: "auto" }}
      />
      {view === "quality" ? (
        <QualityPanel subject={{ kind: "run", run: run.id }} stamp={run.state} hasValidation={run.settings.validation_split > 0} />
      ) : view === "latent" ? (
        <LatentPanel subject={{ kind: "run", run: run.id }} stamp={run.state} />
      ) : (
        <FilmView run={run.id} inside={inside.data} newest={newest} view={view} />
      )}
    </Stack>
  );
}

function viewsOf(inside: Inside, hasWeights: boolean): View[] {
  const seen = inside.snapshots.length > 0;
  return [
    ...(seen && inside.plane ? (["decisions"] as const) : []),
    ...(seen && inside.nodes.length > 0 ? (["layers"] as const) : []),
    ...(seen ? (["weights", "flow"] as const) : []),
    ...(seen && inside.generates ? (["generated"] as const) : []),
    ...(hasWeights ? (["quality", "latent"] as const) : []),
  ];
}

function Nothing({ share }: { share: number }) {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={ScanEye}
      title={t("Nothing was seen yet")}
      text={share > 0 ? t("The first look is taken before the first step.") : t("Looking inside was switched off for this run.")}
    />
  );
}

interface FilmProps {
  run: string;
  inside: Inside;
  newest: number | null;
  view: View;
}

function FilmView({ run, inside, newest, view }: FilmProps) {
  const { t } = useTranslation();
  const film = useFilm(inside.snapshots.length);
  const last = inside.snapshots.at(-1)?.step ?? null;
  const step = film.following && newest !== null ? Math.max(newest, last ?? 0) : (inside.snapshots[film.at]?.step ?? null);
  const snapshot = useSnapshot(run, step);
  const [node, setNode] = useState<string | null>(null);
  const [weight, setWeight] = useState<string | null>(null);
  return (
    <>
      <Scrubber film={film} snapshots={inside.snapshots} />
      {snapshot.data ? (
        <>
          {view === "decisions" && inside.plane ? <Decisions plane={inside.plane} boundary={snapshot.data.boundary ?? null} /> : null}
          {view === "layers" ? (
            <>
              {node === null ? null : <HistoryView run={run} name={node} of="node" last={last} step={step} />}
              <Layers nodes={snapshot.data.nodes} chosen={node} onChoose={setNode} />
              <Text size="xs" c="dimmed">
                {t("Pictures show the first test sample; histograms and inactive units {{count}} of them. Choose a layer to see it over time.", { count: 16 })}
              </Text>
            </>
          ) : null}
          {view === "weights" ? (
            <>
              {weight === null ? null : <HistoryView run={run} name={weight} of="weight" last={last} step={step} />}
              <Weights weights={snapshot.data.weights} chosen={weight} onChoose={setWeight} />
            </>
          ) : null}
          {view === "flow" ? <GradientFlow inside={inside} at={film.at} /> : null}
          {view === "generated" ? <Generated snapshot={snapshot.data} /> : null}
        </>
      ) : snapshot.error ? (
        <ProblemText error={snapshot.error} />
      ) : (
        <Skeleton height={280} />
      )}
    </>
  );
}

function Generated({ snapshot }: { snapshot: Snapshot }) {
  const { t } = useTranslation();
  if (!snapshot.generated) return <Text size="sm" c="dimmed">{t("This network makes no pictures of its own.")}</Text>;
  return (
    <>
      <PictureView picture={snapshot.generated} name={t("New pictures the network made at this step")} size={460} legend />
      <Text size="xs" c="dimmed">
        {t("Each was made from numbers drawn like those the network gives to real samples; they stay the same from step to step.")}
      </Text>
    </>
  );
}
