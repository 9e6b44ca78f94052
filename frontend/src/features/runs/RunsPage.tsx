import { ChartSpline } from "lucide-react";

import { EmptyState } from "@/shared/EmptyState";

export default function RunsPage() {
  return <EmptyState icon={ChartSpline} title="Runs" />;
}
