import { Skeleton, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Eye } from "lucide-react";
import { lazy, Suspense } from "react";

import { getShared } from "@/api/access";
import type { Shared } from "@/api/types";
import { formatDateTime } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";
import { ReadOnly } from "@/shared/readOnly";
import { runTitle } from "@/shared/runTitle";

import { ErrorBoundary } from "../ErrorBoundary";
import { LanguageMenu } from "../LanguageMenu";
import { LogoMark } from "../LogoMark";
import { ThemeToggle } from "../ThemeToggle";
import classes from "./SharedPage.module.css";
import { SharedProject } from "./SharedProject";

const RunView = lazy(() => import("@/features/runs/RunView").then(({ RunView: view }) => ({ default: view })));
const VersionBody = lazy(() => import("@/features/models/ModelPage").then(({ VersionBody: body }) => ({ default: body })));

/** What a share link leads to: one thing, to be looked at. */
export default function SharedPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery({
    queryKey: ["shared"],
    queryFn: async ({ signal }) => {
      const shared = await getShared(signal);
      // The network's shapes come along: below a link nothing can be checked.
      if (shared.model && shared.report) client.setQueryData(["graph-report", shared.model.graph, shared.model.dataset], shared.report);
      return shared;
    },
  });
  return (
    <ReadOnly value={true}>
      <div className={classes["frame"]}>
        <header className={classes["top"]}>
          <LogoMark size={26} />
          <Text size="sm" className={classes["note"] ?? ""}>
            <Eye size={15} aria-hidden />
            {data?.expires_at ? t("Shared to be looked at, until {{date}}", { date: formatDateTime(data.expires_at) }) : t("Shared to be looked at")}
          </Text>
          <LanguageMenu />
          <ThemeToggle />
        </header>
        <main id="main" className={classes["main"]}>
          <div className="nw-page">
            <ErrorBoundary>
              {data ? <Body shared={data} /> : error ? <ProblemText error={error} onRetry={() => void refetch()} /> : <Skeleton height={320} />}
            </ErrorBoundary>
          </div>
        </main>
      </div>
    </ReadOnly>
  );
}

function Body({ shared }: { shared: Shared }) {
  const { t } = useTranslation();
  const { run, model, project, report, name } = shared;
  return (
    <Suspense fallback={<Skeleton height={320} />}>
      {run ? (
        <>
          <PageHeader title={runTitle(run)} subtitle={[run.graph.name, run.dataset].filter(Boolean).join(" · ")} />
          <RunView key={run.id} run={run} />
        </>
      ) : model && name !== null ? (
        <>
          <PageHeader title={name} subtitle={t("Version {{version}}", { version: model.version })} />
          <VersionBody name={name} version={model} newest={false} />
        </>
      ) : project ? (
        <SharedProject project={project} report={report} />
      ) : null}
    </Suspense>
  );
}
