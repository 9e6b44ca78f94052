import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useLocation } from "wouter";

import type { SweepBrief } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { notify } from "@/shared/notify";

import { useDeleteSweep, useRestoreSweep } from "./queries";

const SHOWN_MS = 10_000;

/** Deletes a sweep with its runs without asking, because it can be undone, and goes back to the list. */
export function useDeleteSweepWithUndo(): (sweep: Pick<SweepBrief, "id" | "name">) => void {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const { mutate: remove } = useDeleteSweep();
  const { mutate: restore } = useRestoreSweep();
  return (sweep) => {
    remove(sweep.id, {
      onSuccess: () => {
        navigate("/sweeps");
        const note = notify({
          autoClose: SHOWN_MS,
          message: (
            <Group justify="space-between" wrap="nowrap">
              {t("{{sweep}} was deleted, with its runs.", { sweep: sweep.name })}
              <Button
                size="compact-sm"
                variant="light"
                onClick={() => {
                  notifications.hide(note);
                  restore(sweep.id);
                }}
              >
                {t("Undo")}
              </Button>
            </Group>
          ),
        });
      },
    });
  };
}
