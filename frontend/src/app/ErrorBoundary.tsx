import { Button, Group } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import { Component, type ReactNode } from "react";

import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";

interface State {
  error: Error | null;
}

/** Keeps one broken page from taking the whole studio down, and offers the two ways on. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return <Stumbled error={error} onRetry={() => this.setState({ error: null })} />;
  }
}

function Stumbled({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <EmptyState icon={TriangleAlert} title={t("This page stumbled")} text={error.message}>
      <Group justify="center">
        <Button onClick={onRetry}>{t("Try again")}</Button>
        <Button variant="default" onClick={() => window.location.reload()}>
          {t("Reload")}
        </Button>
      </Group>
    </EmptyState>
  );
}
