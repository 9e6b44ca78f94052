import { Progress as Bar, Text } from "@mantine/core";

import { useTranslation } from "@/i18n/react";
import { formatBytes, formatDuration } from "@/shared/format";

import { type Progress, secondsLeft } from "./sending";

/** How much of a file has been sent, how fast, and how long it still takes. */
export function SendingBar({ progress }: { progress: Progress }) {
  const { t } = useTranslation();
  const { sent, size, rate, trouble } = progress;
  const left = secondsLeft(progress);
  const facts = [
    t("{{sent}} of {{size}}", { sent: formatBytes(sent), size: formatBytes(size) }),
    rate === null ? null : t("{{rate}} a second", { rate: formatBytes(rate) }),
    left === null ? null : t("{{time}} left", { time: formatDuration(left) }),
    trouble > 0 ? t("the line is down, trying again") : null,
  ];
  return (
    <div>
      <Bar value={(100 * sent) / Math.max(1, size)} aria-label={t("Upload")} animated={sent === size} />
      <Text size="xs" c="dimmed" mt={4} className="nw-numbers" role="status">
        {facts.filter((fact) => fact !== null).join(" · ")}
      </Text>
    </div>
  );
}
