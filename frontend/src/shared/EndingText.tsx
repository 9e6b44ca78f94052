import { Text } from "@mantine/core";

import { formatDate } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";

interface Props {
  active: boolean;
  expires_at: string | null;
  revoked_at: string | null;
}

/** Whether a key or link still opens something, and until when. */
export function EndingText({ active, expires_at, revoked_at }: Props) {
  const { t } = useTranslation();
  if (revoked_at !== null)
    return (
      <Text size="xs" c="var(--nw-danger)">
        {t("Revoked")}
      </Text>
    );
  if (expires_at === null)
    return (
      <Text size="xs" c="dimmed">
        {t("Until it is revoked")}
      </Text>
    );
  return (
    <Text size="xs" c={active ? "dimmed" : "var(--nw-danger)"}>
      {active ? t("Until {{date}}", { date: formatDate(expires_at) }) : t("Ended {{date}}", { date: formatDate(expires_at) })}
    </Text>
  );
}
