import { CloseButton, ScrollArea, Text } from "@mantine/core";
import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";

import type { Problem } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { useSession, useSessionState } from "../session/context";
import { toggle, useUi } from "../ui";
import { FixButton } from "./ProblemCard";
import classes from "./ProblemsPanel.module.css";

/** All problems of the network; a click goes to the node. */
export function ProblemsPanel() {
  const { t } = useTranslation();
  const ui = useUi();
  const problems = useSessionState((state) => state.report?.problems) ?? [];
  const sorted = [...problems].sort((a, b) => a.severity.localeCompare(b.severity));
  return (
    <section className={classes["panel"]} aria-label={t("Problems")}>
      <header className={classes["head"]}>
        <Text fw={600} size="sm">
          {t("Problems")}
        </Text>
        <CloseButton size="sm" aria-label={t("Close problems")} onClick={() => toggle(ui, "problems")} />
      </header>
      <ScrollArea className={classes["list"] ?? ""} type="auto" scrollbarSize={6}>
        {sorted.length === 0 ? (
          <div className={classes["fine"]}>
            <CircleCheck size={16} aria-hidden /> {t("Everything fits. The network can be trained.")}
          </div>
        ) : (
          <ul>
            {sorted.map((problem, at) => (
              <Row key={at} problem={problem} />
            ))}
          </ul>
        )}
      </ScrollArea>
    </section>
  );
}

function Row({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  const session = useSession();
  const ui = useUi();
  const Icon = problem.severity === "error" ? CircleAlert : TriangleAlert;
  const details = [
    problem.wanted && t("wanted {{wanted}}", { wanted: problem.wanted }),
    problem.got && t("got {{got}}", { got: problem.got }),
    problem.remedy,
  ];

  function go(): void {
    if (problem.node === null) return;
    session.select([problem.node]);
    ui.getState().view?.reveal(problem.node);
  }

  return (
    <li className={classes["row"]} data-severity={problem.severity}>
      <button type="button" className={classes["what"]} onClick={go} disabled={problem.node === null}>
        <Icon size={15} aria-label={problem.severity === "error" ? t("error") : t("warning")} />
        <code>{problem.node ?? t("network")}</code>
        <span>
          {problem.message}
          <small>{details.filter(Boolean).join(" · ")}</small>
        </span>
      </button>
      <FixButton problem={problem} />
    </li>
  );
}
