import { Database } from "lucide-react";

import { EmptyState } from "@/shared/EmptyState";

/** `datasetId` is the one opened by /data/:id, null on /data. */
export default function DataPage({ datasetId }: { datasetId: string | null }) {
  return <EmptyState icon={Database} title={datasetId ?? "Data"} />;
}
