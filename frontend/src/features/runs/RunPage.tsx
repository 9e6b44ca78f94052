import { Anchor, Button, Skeleton, Stack } from "@mantine/core";
import { usePrefetchQuery } from "@tanstack/react-query";
import { ArrowLeft, PencilRuler } from "lucide-react";
import { Link } from "wouter";

import type { Run } from "@/api/types";
import { type Translate } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { formatAge, formatDuration } from "@/shared/format";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";
import { runTitle } from "@/shared/runTitle";
import { ShareButton } from "@/shared/share/ShareButton";

import { secondsOf } from "./facts";
import { curvesQuery, useRun } from "./queries";
import { RunView } from "./RunView";

export default function RunPage({ runId }: { runId: string }) {
  const { t } = useTranslation();
  const { data: run, error, refetch } = useRun(runId);
  // The curves are asked for together with the run, not after it.
  usePrefetchQuery(curvesQuery(runId));
  return (
    <div className="nw-page">
      <Anchor component={Link} href="/runs" size="sm" display="inline-flex" mb="xs">
        <ArrowLeft size={15} aria-hidden />
        &nbsp;{t("All runs")}
      </Anchor>
      {run ? <RunBody run={run} /> : error ? <ProblemText error={error} onRetry={() => void refetch()} /> : <RunWaiting />}
    </div>
  );
}

function RunBody({ run }: { run: Run }) {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader
        title={runTitle(run)}
        subtitle={subtitleOf(run, t)}
        actions={
          <>
            <ShareButton kind="run" target={run.id} version={null} />
            {run.project === null ? null : (
              <Button
                component={Link}
                href={`/projects/${run.project}`}
                variant="default"
                leftSection={<PencilRuler size={15} aria-hidden />}
              >
                {t("Open the project")}
              </Button>
            )}
          </>
        }
      />
      <RunView run={run} />
    </>
  );
}

function subtitleOf(run: Run, t: Translate): string {
  const took = secondsOf(run);
  const parts = [...(run.graph.name ? [run.graph.name] : []), run.dataset, t("begun {{age}}", { age: formatAge(run.created_at) })];
  if (took !== null && run.ended_at !== null) parts.push(t("took {{duration}}", { duration: formatDuration(took) }));
  return parts.join(" · ");
}

function RunWaiting() {
  const { t } = useTranslation();
  return (
    <Stack aria-busy aria-label={t("Loading the run")}>
      <Skeleton height={34} width={260} />
      <Skeleton height={120} />
      <Skeleton height={280} />
    </Stack>
  );
}
