import { Button, Table, Text, VisuallyHidden } from "@mantine/core";
import { GitFork, Pin } from "lucide-react";
import { useState } from "react";

import type { Run } from "@/api/types";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatAge, formatBytes, formatMetric } from "@/shared/format";
import { ProblemText } from "@/shared/ProblemText";

import { ForkDialog } from "./lineage/ForkDialog";
import { isOver } from "./moves";
import { useCheckpoints } from "./queries";

interface Props {
  run: Run;
  /** The step of the last checkpoint that was told of. */
  newest: number;
}

/** The checkpoints that are there, newest first; another run can go on from each. */
export function CheckpointList({ run, newest }: Props) {
  const { t } = useTranslation();
  const { data, error, refetch } = useCheckpoints(run.id, newest);
  const [forking, setForking] = useState<number | null>(null);
  if (error) return <ProblemText error={error} onRetry={() => void refetch()} />;
  if (!data) return null;
  if (data.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t("No checkpoint yet. One is written at the interval of the settings, when a setting is changed, and at the end of each epoch.")}
      </Text>
    );
  return (
    <>
      <Table.ScrollContainer minWidth={560} maw={760}>
        <Table aria-label={t("Checkpoints")} className="nw-numbers">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("Step")}</Table.Th>
              <Table.Th>{t("Epoch")}</Table.Th>
              <Table.Th>{t("Validation loss")}</Table.Th>
              <Table.Th>{t("Size")}</Table.Th>
              <Table.Th>{t("Written")}</Table.Th>
              <Table.Th>
                <VisuallyHidden>{t("Actions")}</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.map((checkpoint) => (
              <Table.Tr key={checkpoint.step}>
                <Table.Td>
                  {formatNumber(checkpoint.step)}{" "}
                  {checkpoint.kept ? <Pin size={13} role="img" aria-label={t("Kept: something was forked from it")} /> : null}
                </Table.Td>
                <Table.Td>{Number(checkpoint.epoch.toFixed(2))}</Table.Td>
                <Table.Td>{checkpoint.metrics["val_loss"] === undefined ? "–" : formatMetric(checkpoint.metrics["val_loss"])}</Table.Td>
                <Table.Td>{formatBytes(checkpoint.bytes)}</Table.Td>
                <Table.Td>{formatAge(new Date(checkpoint.written * 1000).toISOString())}</Table.Td>
                <Table.Td>
                  <Button
                    size="compact-xs"
                    variant="default"
                    leftSection={<GitFork size={13} aria-hidden />}
                    aria-label={t("Fork from step {{step}}", { step: formatNumber(checkpoint.step) })}
                    onClick={() => setForking(checkpoint.step)}
                  >
                    {t("Fork")}
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {forking === null ? null : (
        <ForkDialog run={run} live={!isOver(run.state)} step={forking} onClose={() => setForking(null)} />
      )}
    </>
  );
}
