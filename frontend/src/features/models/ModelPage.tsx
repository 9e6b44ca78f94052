import { Boxes } from "lucide-react";

import { EmptyState } from "@/shared/EmptyState";

export default function ModelPage({ name }: { name: string }) {
  return <EmptyState icon={Boxes} title={name} />;
}
