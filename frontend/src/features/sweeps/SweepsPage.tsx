import { Anchor, Button, Skeleton } from "@mantine/core";
import { ArrowLeft, FlaskConical } from "lucide-react";
import { Link } from "wouter";

import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";

import { useSweeps } from "./queries";
import { SweepList } from "./SweepList";

/** All sweeps of the studio. */
export default function SweepsPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useSweeps();
  return (
    <div className="nw-page">
      <Anchor component={Link} href="/runs" size="sm" display="inline-flex" mb="xs">
        <ArrowLeft size={15} aria-hidden />
        &nbsp;{t("All runs")}
      </Anchor>
      <PageHeader title={t("Sweeps")} subtitle={t("One network trained many ways, to find the best.")} />
      {error && !data ? <ProblemText error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <Skeleton height={180} aria-busy aria-label={t("Loading the sweeps")} /> : null}
      {data?.length === 0 ? (
        <EmptyState icon={FlaskConical} title={t("No sweep yet")} text={t("Open a project, go to its tab Sweep, and choose what to vary.")}>
          <Button component={Link} href="/">
            {t("To projects and templates")}
          </Button>
        </EmptyState>
      ) : null}
      {data && data.length > 0 ? <SweepList sweeps={data} /> : null}
    </div>
  );
}
