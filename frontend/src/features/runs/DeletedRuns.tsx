import { Button, Group, Modal, Table, Text } from "@mantine/core";
import { useState } from "react";

import type { RunSummary } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatAge } from "@/shared/format";
import { runTitle } from "@/shared/runTitle";

import { useDeletedRuns, useDeleteRuns, useRestoreRuns } from "./queries";
import { bestText } from "./table";

/** Runs that were deleted within a week: restore them, or let them go for good. */
export function DeletedRuns() {
  const { t } = useTranslation();
  const { data: runs } = useDeletedRuns();
  const restore = useRestoreRuns();
  const [doomed, setDoomed] = useState<RunSummary | null>(null);
  if (!runs || runs.length === 0) {
    return (
      <Text c="dimmed" ta="center" py="xl">
        {t("Nothing was deleted within the last 7 days.")}
      </Text>
    );
  }
  return (
    <>
      <Table aria-label={t("Deleted runs")}>
        <Table.Tbody>
          {runs.map((run) => (
            <Table.Tr key={run.id}>
              <Table.Td fw={560}>{runTitle(run)}</Table.Td>
              <Table.Td>{bestText(run)}</Table.Td>
              <Table.Td>{run.deleted_at === null ? "" : t("deleted {{age}}", { age: formatAge(run.deleted_at) })}</Table.Td>
              <Table.Td>
                <Group gap="xs" justify="flex-end">
                  <Button size="compact-sm" variant="light" disabled={restore.isPending} onClick={() => restore.mutate([run.id])}>
                    {t("Restore")}
                  </Button>
                  <Button size="compact-sm" variant="subtle" color="red" onClick={() => setDoomed(run)}>
                    {t("Delete for good")}
                  </Button>
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <ForGoodDialog run={doomed} onClose={() => setDoomed(null)} />
    </>
  );
}

function ForGoodDialog({ run, onClose }: { run: RunSummary | null; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useDeleteRuns();
  return (
    <Modal opened={run !== null} onClose={onClose} title={t("Delete this run?")}>
      <Text size="sm">
        {t("Curves, log and checkpoints of {{run}} go for good. A model it made stays.", { run: run ? runTitle(run) : "" })}
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          {t("Keep it")}
        </Button>
        <Button
          color="red"
          loading={remove.isPending}
          onClick={() => {
            if (run) remove.mutate({ ids: [run.id], forGood: true }, { onSettled: onClose });
          }}
        >
          {t("Delete")}
        </Button>
      </Group>
    </Modal>
  );
}
