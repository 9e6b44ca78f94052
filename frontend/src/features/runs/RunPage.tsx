import { ChartSpline } from "lucide-react";

import { EmptyState } from "@/shared/EmptyState";

export default function RunPage({ runId }: { runId: string }) {
  return <EmptyState icon={ChartSpline} title={`Run ${runId}`} />;
}
