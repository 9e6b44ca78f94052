import { ActionIcon, Tooltip } from "@mantine/core";
import { KeyRound } from "lucide-react";
import { Link } from "wouter";

import { useTranslation } from "@/i18n/react";

/** Who else gets in. */
export function AccessLink({ current }: { current: boolean }) {
  const { t } = useTranslation();
  return (
    <Tooltip label={t("Keys and links")} position="right">
      <ActionIcon
        component={Link}
        href="/access"
        variant={current ? "light" : "subtle"}
        color={current ? "sea" : "gray"}
        size="lg"
        aria-label={t("Keys and links")}
        aria-current={current ? "page" : undefined}
      >
        <KeyRound size={19} strokeWidth={1.8} />
      </ActionIcon>
    </Tooltip>
  );
}
