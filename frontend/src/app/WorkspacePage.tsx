import { PageHeader } from "@/shared/PageHeader";

export default function WorkspacePage({ projectId, tab }: { projectId: string; tab: string }) {
  return (
    <div className="nw-page">
      <PageHeader title={projectId} subtitle={tab} />
    </div>
  );
}
