import type { PlanReport, PlanStep } from "@/api/types";
import { formatShape } from "@/shared/format";

export interface PlanRow extends PlanStep {
  /** Shape of the first output. */
  output: string;
}

/** The steps of a plan with the shapes they make. */
export function planRows(plan: PlanReport): PlanRow[] {
  const tensors = new Map(plan.tensors.map((tensor) => [tensor.id, tensor]));
  return plan.steps.map((step) => {
    const [first] = step.outputs;
    const tensor = first === undefined ? undefined : tensors.get(first);
    return { ...step, output: tensor ? formatShape(tensor.shape) : "" };
  });
}
