import { Boxes } from "lucide-react";

import { EmptyState } from "@/shared/EmptyState";

export default function ModelsPage() {
  return <EmptyState icon={Boxes} title="Models" />;
}
