import { Group, Text } from "@mantine/core";

import type { Run } from "@/api/types";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";

import { changeText } from "./marks";
import classes from "./runs.module.css";

/** What was changed while the run trained: the same that is marked on its curves. */
export function ChangeList({ run }: { run: Run }) {
  const { t } = useTranslation();
  if (run.changes.length === 0) return null;
  return (
    <Group gap="xs" mt="sm">
      <Text size="xs" c="dimmed" id="changes-of-the-run">
        {t("Changed while training")}
      </Text>
      <ul className={classes["changes"]} aria-labelledby="changes-of-the-run">
        {run.changes.map((change, place) => (
          <li key={place}>
            <span aria-hidden>▼</span> {changeText(change, t)} · {t("step {{step}}", { step: formatNumber(change.step) })}
          </li>
        ))}
      </ul>
    </Group>
  );
}
