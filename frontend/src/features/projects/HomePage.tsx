import { PageHeader } from "@/shared/PageHeader";

export default function HomePage() {
  return (
    <div className="nw-page">
      <PageHeader title="Projects" subtitle="Start from a template or go on with your own." />
    </div>
  );
}
