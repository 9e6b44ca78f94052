import { Anchor, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { ArrowLeft, Download, PencilRuler } from "lucide-react";
import { useMemo, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";

import { sweepSpecUrl } from "@/api/sweeps";
import type { Sweep, SweepTrial } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatAge } from "@/shared/format";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";

import { BestCard } from "./BestCard";
import { axesOf, type Brushes, withinBrushes } from "./charts/axes";
import { BestCurve } from "./charts/BestCurve";
import { ParallelCoordinates } from "./charts/ParallelCoordinates";
import { ImportanceBars } from "./ImportanceBars";
import { useSweep, useTrials } from "./queries";
import { SweepStatus } from "./SweepStatus";
import classes from "./sweeps.module.css";
import { TrialTable } from "./TrialTable";

/** One sweep: how far it is, what it has found, every trial. */
export default function SweepPage({ sweepId }: { sweepId: string }) {
  const { t } = useTranslation();
  const { data: sweep, error, refetch } = useSweep(sweepId);
  return (
    <div className="nw-page">
      <Anchor component={Link} href="/sweeps" size="sm" display="inline-flex" mb="xs">
        <ArrowLeft size={15} aria-hidden />
        &nbsp;{t("All sweeps")}
      </Anchor>
      {sweep ? <SweepBody sweep={sweep} /> : error ? <ProblemText error={error} onRetry={() => void refetch()} /> : <SweepWaiting />}
    </div>
  );
}

function SweepBody({ sweep }: { sweep: Sweep }) {
  const { t } = useTranslation();
  const trials = useTrials(sweep);
  return (
    <>
      <PageHeader
        title={sweep.name}
        subtitle={[sweep.dataset, t("begun {{age}}", { age: formatAge(sweep.created_at) })].join(" · ")}
        actions={
          <Group gap="xs">
            <Button component={Link} href={`/runs?sweep=${sweep.id}`} variant="default">
              {t("Its runs")}
            </Button>
            <Button component="a" href={sweepSpecUrl(sweep.id)} download variant="default" leftSection={<Download size={15} aria-hidden />}>
              {t("For the command line")}
            </Button>
            {sweep.project === null ? null : (
              <Button component={Link} href={`/projects/${sweep.project}/sweep`} variant="default" leftSection={<PencilRuler size={15} aria-hidden />}>
                {t("Open the project")}
              </Button>
            )}
          </Group>
        }
      />
      <Stack gap="md">
        <SweepStatus sweep={sweep} />
        {trials.error && !trials.data ? <ProblemText error={trials.error} onRetry={() => void trials.refetch()} /> : null}
        {trials.data ? <Findings sweep={sweep} trials={trials.data} /> : null}
      </Stack>
    </>
  );
}

/** Charts and table: what is pointed at or chosen in one is shown in all. */
function Findings({ sweep, trials }: { sweep: Sweep; trials: readonly SweepTrial[] }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const linked = new URLSearchParams(useSearch()).get("trial");
  const [hovered, setHovered] = useState<number | null>(linked === null ? null : Number(linked));
  const [brushes, setBrushes] = useState<Brushes>({});
  const { parameters, metric } = sweep;
  const shown = useMemo(() => withinBrushes(trials, axesOf({ parameters, metric }, trials), brushes), [trials, parameters, metric, brushes]);
  const open = (trial: SweepTrial): void => {
    if (trial.run !== null) navigate(`/runs/${trial.run}`);
  };
  const pointing = { hovered, onHover: setHovered, onOpen: open };
  return (
    <>
      <BestCard sweep={sweep} trials={trials} />
      <section className={`nw-card ${classes["chart"] ?? ""}`} aria-label={t("Parallel coordinates")}>
        <ParallelCoordinates sweep={sweep} trials={trials} brushes={brushes} onBrush={setBrushes} {...pointing} />
        <Text size="xs" c="dimmed" mt={4}>
          {t("Drag along an axis to choose a part of it, click it to let go. Trials that stopped early are dashed.")}
        </Text>
      </section>
      <div className={classes["pair"]}>
        <section className={`nw-card ${classes["chart"] ?? ""}`} aria-label={t("Best so far")}>
          <h2 className={classes["heading"]}>{t("Best so far")}</h2>
          <BestCurve sweep={sweep} trials={trials} {...pointing} />
        </section>
        <section className={`nw-card ${classes["chart"] ?? ""}`} aria-label={t("What matters")}>
          <h2 className={classes["heading"]}>{t("What matters")}</h2>
          <ImportanceBars sweep={sweep} />
        </section>
      </div>
      <TrialTable sweep={sweep} trials={shown} all={trials.length} {...pointing} />
    </>
  );
}

function SweepWaiting() {
  const { t } = useTranslation();
  return (
    <Stack aria-busy aria-label={t("Loading the sweep")}>
      <Skeleton height={34} width={260} />
      <Skeleton height={110} />
      <Skeleton height={330} />
    </Stack>
  );
}
