import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";

import type { RunSummary } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { notify } from "@/shared/notify";
import { runTitle } from "@/shared/runTitle";

import { useDeleteRuns, useRestoreRuns } from "./queries";

const SHOWN_MS = 10_000;

/** Deletes without asking, because it can be undone: at once from the corner, for a week from the list of the deleted. */
export function useDeleteWithUndo(): (runs: readonly RunSummary[]) => void {
  const { t } = useTranslation();
  const { mutate: remove } = useDeleteRuns();
  const { mutate: restore } = useRestoreRuns();
  return (runs) => {
    const ids = runs.map((run) => run.id);
    const [first] = runs;
    if (!first) return;
    const undo = (note: string): void => {
      notifications.hide(note);
      restore(ids);
    };
    remove(
      { ids },
      {
        onSuccess: () => {
          const note = notify({
            autoClose: SHOWN_MS,
            message: (
              <Group justify="space-between" wrap="nowrap">
                {ids.length === 1 ? t("{{run}} was deleted.", { run: runTitle(first) }) : t("{{count}} runs were deleted.", { count: ids.length })}
                <Button size="compact-sm" variant="light" onClick={() => undo(note)}>
                  {t("Undo")}
                </Button>
              </Group>
            ),
          });
        },
      },
    );
  };
}
