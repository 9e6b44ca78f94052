import { Button } from "@mantine/core";
import { Compass } from "lucide-react";
import { Link } from "wouter";

import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <EmptyState level={1} icon={Compass} title={t("There is nothing here")} text={t("The address may be mistyped, or the thing was deleted.")}>
      <Button component={Link} href="/">
        {t("To the projects")}
      </Button>
    </EmptyState>
  );
}
