import { Button, Group, Text } from "@mantine/core";
import { GitCompareArrows, Trash2 } from "lucide-react";
import { Link } from "wouter";

import type { RunSummary } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { compareUrl, MOST_COMPARED } from "./compare/address";
import { isOver } from "./moves";
import classes from "./runs.module.css";

interface Props {
  runs: readonly RunSummary[];
  onClear: () => void;
  onDelete: (runs: readonly RunSummary[]) => void;
}

/** What can be done with the runs that were chosen. */
export function PickedBar({ runs, onClear, onDelete }: Props) {
  const { t } = useTranslation();
  if (runs.length === 0) return null;
  // The oldest first: the others are compared with it.
  const ordered = [...runs].sort((a, b) => a.number - b.number);
  const over = runs.every((run) => isOver(run.state));
  return (
    <Group className={classes["picked"] ?? ""} role="group" aria-label={t("Chosen runs")} gap="sm">
      <Text size="sm" fw={560} mr="auto" role="status">
        {t("{{count}} runs chosen", { count: runs.length })}
      </Text>
      {runs.length > MOST_COMPARED ? (
        <Text size="xs" c="dimmed">
          {t("At most {{most}} runs are compared at once.", { most: MOST_COMPARED })}
        </Text>
      ) : (
        <Button
          component={Link}
          href={compareUrl(ordered.map((run) => run.id))}
          size="compact-sm"
          leftSection={<GitCompareArrows size={15} aria-hidden />}
        >
          {t("Compare")}
        </Button>
      )}
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Trash2 size={15} aria-hidden />}
        disabled={!over}
        title={over ? "" : t("Stop the run before deleting it")}
        onClick={() => onDelete(runs)}
      >
        {t("Delete")}
      </Button>
      <Button size="compact-sm" variant="subtle" onClick={onClear}>
        {t("Choose none")}
      </Button>
    </Group>
  );
}
