import { HoverCard } from "@mantine/core";
import { CircleAlert, TriangleAlert } from "lucide-react";

import type { Problem } from "@/api/types";
import { sentences } from "@/shared/text";

import { ProblemCard } from "../problems/ProblemCard";
import classes from "./OpNode.module.css";

export function worstOf(problems: readonly Problem[]): "error" | "warning" | "none" {
  return problems.some((problem) => problem.severity === "error") ? "error" : problems.length > 0 ? "warning" : "none";
}

/** The mark on a node or block with what is wrong there; under the pointer it opens, with the mends to click. */
export function ProblemBadge({ problems }: { problems: readonly Problem[] }) {
  const severity = worstOf(problems);
  const text = problems.map(({ message, remedy }) => sentences(message, remedy)).join("\n");
  const Icon = severity === "error" ? CircleAlert : TriangleAlert;
  return (
    <HoverCard position="right-start" width={290} shadow="md" withArrow openDelay={200} closeDelay={180}>
      <HoverCard.Target>
        <span className={classes["badge"]} data-severity={severity} role="img" aria-label={text}>
          <Icon size={13} strokeWidth={2.4} />
        </span>
      </HoverCard.Target>
      {/* In React's tree it lies in the node, which would take a click in it for its own. */}
      <HoverCard.Dropdown p={0} bd={0} onClick={(event) => event.stopPropagation()}>
        {problems.map((problem, at) => (
          <ProblemCard key={at} problem={problem} />
        ))}
      </HoverCard.Dropdown>
    </HoverCard>
  );
}
