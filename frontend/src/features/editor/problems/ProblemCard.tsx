import { Button } from "@mantine/core";
import { Wrench } from "lucide-react";

import type { Problem } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { useAct } from "../actions/useActions";
import classes from "../inspector/Inspector.module.css";

/** One problem in full: what, wanted, got, what to do, and the mend as one click where there is one. */
export function ProblemCard({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  const { message, wanted, got, remedy, severity } = problem;
  return (
    <div className={classes["problem"]} data-severity={severity}>
      <strong>{message}</strong>
      {wanted !== null || got !== null ? (
        <dl className={classes["pair"]}>
          {wanted === null ? null : <Pair name={t("Wanted")} value={wanted} />}
          {got === null ? null : <Pair name={t("Got")} value={got} />}
        </dl>
      ) : null}
      {remedy === null ? null : <span>{remedy}</span>}
      <FixButton problem={problem} />
    </div>
  );
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

export function FixButton({ problem }: { problem: Problem }) {
  const act = useAct();
  const { fix } = problem;
  if (!fix) return null;
  return (
    <Button
      size="compact-xs"
      variant="light"
      leftSection={<Wrench size={12} />}
      style={{ alignSelf: "flex-start" }}
      onClick={() => act(fix.label, fix.edits)}
    >
      {fix.label}
    </Button>
  );
}
