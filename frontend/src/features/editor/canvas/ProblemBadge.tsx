import { Tooltip } from "@mantine/core";
import { CircleAlert, TriangleAlert } from "lucide-react";

import type { Problem } from "@/api/types";
import { sentences } from "@/shared/text";

import classes from "./OpNode.module.css";

export function worstOf(problems: readonly Problem[]): "error" | "warning" | "none" {
  return problems.some((problem) => problem.severity === "error") ? "error" : problems.length > 0 ? "warning" : "none";
}

/** The mark on a node or block with what is wrong there. */
export function ProblemBadge({ problems }: { problems: readonly Problem[] }) {
  const severity = worstOf(problems);
  const text = problems.map(({ message, remedy }) => sentences(message, remedy)).join("\n");
  const Icon = severity === "error" ? CircleAlert : TriangleAlert;
  return (
    <Tooltip label={text} style={{ whiteSpace: "pre-line" }} position="right">
      <span className={classes["badge"]} data-severity={severity} role="img" aria-label={text}>
        <Icon size={13} strokeWidth={2.4} />
      </span>
    </Tooltip>
  );
}
