import { ActionIcon, Anchor, Button, Group, Text, Tooltip } from "@mantine/core";
import { Play, StepForward } from "lucide-react";

import { ApiError } from "@/api/client";
import type { CheckReport, Problem } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { ProblemText } from "@/shared/ProblemText";

import { problemsOf } from "./problems";
import classes from "./training.module.css";

interface Props {
  dataset: string | null;
  report: CheckReport | null;
  /** Why the last start failed. */
  error: Error | null;
  starting: boolean;
  onStart: (paused: boolean) => void;
  onShowNode: (node: string) => void;
}

/** The Train button, and what stands in its way. */
export function StartBox({ dataset, report, error, starting, onStart, onShowNode }: Props) {
  const { t } = useTranslation();
  const known = report?.problems.filter((problem) => problem.severity === "error") ?? [];
  const refused = error instanceof ApiError ? problemsOf(error.body.details) : [];
  const problems = known.length > 0 ? known : refused;
  const why = dataset === null ? t("Choose a data set first.") : known.length > 0 ? t("The network has problems.") : null;
  return (
    <div className={classes["start"]}>
      {problems.length > 0 ? <ProblemList problems={problems} onShowNode={onShowNode} /> : null}
      {error && problems.length === 0 ? <ProblemText error={error} title={t("Training did not start")} /> : null}
      {why === null ? null : (
        <Text size="xs" c="dimmed" id="train-why">
          {why}
        </Text>
      )}
      <Group gap="xs" wrap="nowrap">
        <Button
          flex={1}
          size="md"
          leftSection={<Play size={17} aria-hidden />}
          disabled={why !== null}
          loading={starting}
          aria-describedby={why === null ? undefined : "train-why"}
          onClick={() => onStart(false)}
        >
          {t("Train")}
        </Button>
        <Tooltip label={t("Start held, to go on batch by batch")}>
          <ActionIcon
            size={42}
            variant="default"
            aria-label={t("Start held, to go on batch by batch")}
            disabled={why !== null || starting}
            onClick={() => onStart(true)}
          >
            <StepForward size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Group>
    </div>
  );
}

interface ListProps {
  problems: readonly Problem[];
  onShowNode: (node: string) => void;
}

function ProblemList({ problems, onShowNode }: ListProps) {
  const { t } = useTranslation();
  return (
    <ul className={classes["problems"]} aria-label={t("Problems of the network")}>
      {problems.map((problem, place) => (
        <li key={place} data-severity={problem.severity}>
          <p>{problem.message}</p>
          {problem.wanted ? <p>{t("Wanted: {{wanted}}", { wanted: problem.wanted })}</p> : null}
          {problem.got ? <p>{t("Got: {{got}}", { got: problem.got })}</p> : null}
          {problem.remedy ? (
            <Text component="p" size="xs" fw={560}>
              {problem.remedy}
            </Text>
          ) : null}
          {problem.node === null ? null : <NodeLink node={problem.node} onShowNode={onShowNode} />}
        </li>
      ))}
    </ul>
  );
}

function NodeLink({ node, onShowNode }: { node: string; onShowNode: (node: string) => void }) {
  const { t } = useTranslation();
  return (
    <Anchor component="button" type="button" size="xs" onClick={() => onShowNode(node)}>
      {t("Show {{node}}", { node })}
    </Anchor>
  );
}
