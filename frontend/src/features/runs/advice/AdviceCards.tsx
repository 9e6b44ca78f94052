import { Alert, Anchor, Badge, Button, Group, List, Text } from "@mantine/core";
import { OctagonAlert, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";

import type { Run, RunAdvice, RunState } from "@/api/types";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";
import { notifyError } from "@/shared/notify";
import { useReadOnly } from "@/shared/readOnly";

import { ForkDialog } from "../lineage/ForkDialog";
import { type LiveName, liveNames, liveOrder } from "../live";
import { isOver } from "../moves";
import { useChangeRun } from "../queries";
import classes from "./advice.module.css";
import { Evidence } from "./Evidence";
import { sayText } from "./say";

interface Props {
  run: Run;
  state: RunState;
}

/** What goes wrong in a run, why it is thought so, and what to do; the gravest first. */
export function AdviceCards({ run, state }: Props) {
  const { t } = useTranslation();
  if (run.advice.length === 0) return null;
  const order = [...run.advice].sort((a, b) => Number(a.severity !== "problem") - Number(b.severity !== "problem") || b.step - a.step);
  return (
    <section className={classes["cards"]} aria-label={t("Advice")} aria-live="polite">
      {order.map((advice) => (
        <AdviceCard key={`${advice.kind} ${advice.layer ?? ""} ${advice.step}`} run={run} state={state} advice={advice} />
      ))}
    </section>
  );
}

function AdviceCard({ run, state, advice }: Props & { advice: RunAdvice }) {
  const { t } = useTranslation();
  const problem = advice.severity === "problem";
  const Icon = problem ? OctagonAlert : TriangleAlert;
  const readOnly = useReadOnly();
  const say = (text: string): string => sayText(text, advice, t);
  return (
    <Alert
      className={classes["card"] ?? ""}
      data-severity={advice.severity}
      color={problem ? "red" : "yellow"}
      variant="light"
      icon={<Icon size={18} aria-hidden />}
      title={
        <Group gap="xs" component="span">
          {say(advice.title)}
          <Badge size="sm" variant="outline" color="gray" tt="none" radius="sm" component="span" c="var(--nw-muted)">
            {t("step {{step}}", { step: formatNumber(advice.step) })}
          </Badge>
        </Group>
      }
    >
      <div className={classes["body"]}>
        <div>
          <Text size="sm">{say(advice.text)}</Text>
          <Text size="xs" fw={600} mt="xs">
            {t("What helps")}
          </Text>
          <List size="sm" spacing={2}>
            {advice.remedies.map((remedy) => (
              <List.Item key={remedy}>{say(remedy)}</List.Item>
            ))}
          </List>
          {readOnly ? null : <Group gap="sm" mt="xs">
            <AdviceAction run={run} state={state} advice={advice} />
            {advice.layer !== null && run.project !== null && run.graph.nodes.some((node) => node.id === advice.layer) ? (
              <Anchor component={Link} size="sm" href={`/projects/${run.project}?node=${encodeURIComponent(advice.layer)}`}>
                {t("Show {{node}} in the network", { node: advice.layer })}
              </Anchor>
            ) : null}
          </Group>}
        </div>
        <Evidence advice={advice} />
      </div>
    </Alert>
  );
}

/** One click to do what helps: at once while it trains, as a fork afterwards. */
function AdviceAction({ run, state, advice }: Props & { advice: RunAdvice }) {
  const { t } = useTranslation();
  const change = useChangeRun(run);
  const [forking, setForking] = useState(false);
  const name = liveOrder.find((one) => advice.change[one] !== undefined);
  const value = name === undefined ? undefined : advice.change[name];
  if (name === undefined || value === undefined) return null;
  const done = run.changes.some((one) => one.name === name && one.step >= advice.step);
  if (!isOver(state) && done) return null;
  const setting = { setting: t(settingPhrase(name)), value: formatMetric(value) };
  return isOver(state) ? (
    <>
      <Button size="compact-sm" variant="default" onClick={() => setForking(true)}>
        {t("Fork: {{setting}} {{value}}", setting)}
      </Button>
      {forking ? <ForkDialog run={run} live={false} change={advice.change} before={advice.step} onClose={() => setForking(false)} /> : null}
    </>
  ) : (
    <Button
      size="compact-sm"
      variant="default"
      loading={change.isPending}
      onClick={() => change.mutate({ [name]: value }, { onError: (error) => notifyError(error) })}
    >
      {t("Set now: {{setting}} {{value}}", setting)}
    </Button>
  );
}

const settingPhrase = (name: LiveName) => liveNames[name];
