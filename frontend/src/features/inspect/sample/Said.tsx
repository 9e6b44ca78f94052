import { Text } from "@mantine/core";

import type { ProbeReply } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";

/** What the network makes of a sample, beside the truth. */
export function Said({ reply }: { reply: ProbeReply | undefined }) {
  const { t } = useTranslation();
  const said = reply?.prediction;
  if (!reply || !said) return null;
  const label = reply.label === null ? null : String(reply.label);
  if (said.label !== null) {
    const p = said.probabilities?.[said.index ?? 0]?.p ?? 0;
    return (
      <Text size="xs" c="dimmed">
        {t("is {{label}}, taken for {{said}} ({{percent}} %)", { label: label ?? "?", said: said.label, percent: Math.round(100 * Number(p)) })}
      </Text>
    );
  }
  if (said.value === null || label === null) return null;
  return (
    <Text size="xs" c="dimmed">
      {t("is {{label}}, taken for {{said}}", { label, said: formatMetric(said.value) })}
    </Text>
  );
}
