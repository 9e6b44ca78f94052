import { ActionIcon, Anchor, Button, Skeleton } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { ArrowLeft, GitCompareArrows, X } from "lucide-react";
import { Link, useLocation, useSearch } from "wouter";

import { getRun } from "@/api/runs";
import type { Run } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";
import { runTitle } from "@/shared/runTitle";

import { plotClass, tintName } from "../charts/theme";
import { isOver } from "../moves";
import { TagList } from "../RunsTable";
import { StateBadge } from "../StateBadge";
import { compareUrl, readIds } from "./address";
import { CompareCurves } from "./CompareCurves";
import { CompareNumbers } from "./CompareNumbers";
import classes from "./compare.module.css";
import { GraphDiff } from "./GraphDiff";
import { SettingsDiff } from "./SettingsDiff";

/** Runs laid side by side: curves, numbers, settings, networks. The address says which. */
export default function ComparePage() {
  const { t } = useTranslation();
  const ids = readIds(useSearch());
  const { runs, error, waiting } = useRunsOf(ids);
  return (
    <div className="nw-page">
      <Anchor component={Link} href="/runs" size="sm" display="inline-flex" mb="xs">
        <ArrowLeft size={15} aria-hidden />
        &nbsp;{t("All runs")}
      </Anchor>
      <PageHeader title={t("Compare runs")} subtitle={t("Curves, numbers, settings and networks side by side.")} />
      {error ? <ProblemText error={error} /> : null}
      {waiting ? <Skeleton height={320} aria-busy aria-label={t("Loading the runs")} /> : runs.length === 0 ? <Nothing /> : <Body runs={runs} />}
    </div>
  );
}

function Body({ runs }: { runs: readonly Run[] }) {
  return (
    <>
      <Chips runs={runs} />
      <CompareCurves runs={runs} />
      <CompareNumbers runs={runs} />
      <SettingsDiff runs={runs} />
      <GraphDiff runs={runs} />
    </>
  );
}

/** The runs in their colours; each can be left out. */
function Chips({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation();
  const [, go] = useLocation();
  return (
    <ul className={`${classes["chips"] ?? ""} ${plotClass}`} aria-label={t("Runs that are compared")}>
      {runs.map((run, tint) => (
        <li key={run.id} className={classes["chip"]}>
          <Link href={`/runs/${run.id}`} className={classes["run"] ?? ""}>
            <span className={classes["swatch"]} style={{ background: `var(${tintName(tint)})` }} aria-hidden />
            {runTitle(run)}
          </Link>
          <StateBadge state={run.state} />
          <TagList tags={run.tags} />
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label={t("Leave out {{run}}", { run: runTitle(run) })}
            onClick={() => go(compareUrl(runs.filter((one) => one !== run).map((one) => one.id)), { replace: true })}
          >
            <X size={14} />
          </ActionIcon>
        </li>
      ))}
    </ul>
  );
}

function Nothing() {
  const { t } = useTranslation();
  return (
    <EmptyState icon={GitCompareArrows} title={t("No run is compared")} text={t("Choose some in the list of runs, then press Compare.")}>
      <Button component={Link} href="/runs">
        {t("To the runs")}
      </Button>
    </EmptyState>
  );
}

const LIVE_MS = 3000;

/** The runs of the address, in its order; those at work are asked for again. */
function useRunsOf(ids: readonly string[]) {
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: ["runs", id],
      queryFn: ({ signal }: { signal: AbortSignal }) => getRun(id, signal),
      refetchInterval: (query: { state: { data?: Run | undefined } }) => (query.state.data && !isOver(query.state.data.state) ? LIVE_MS : (false as const)),
    })),
    combine: joinRuns,
  });
}

const joinRuns = (answers: readonly { data?: Run | undefined; error: Error | null; isPending: boolean }[]) => ({
  runs: answers.flatMap((answer) => answer.data ?? []),
  error: answers.find((answer) => answer.error)?.error ?? null,
  waiting: answers.some((answer) => answer.isPending),
});
