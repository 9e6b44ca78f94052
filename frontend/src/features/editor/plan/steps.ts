import type { PlanReport } from "@/api/types";
import { formatShape } from "@/shared/format";

export interface PlanStep {
  step: number;
  op: string;
  name: string;
  phase: string;
  output: string;
  memory: string;
  flops: number;
  bytes: number;
}

type Loose = Record<string, unknown>;

const records = (value: unknown): Loose[] =>
  Array.isArray(value) ? value.filter((one): one is Loose => typeof one === "object" && one !== null) : [];
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" ? value : 0);

/** The steps of a plan. The Scheduler may tell more tomorrow; what is not there is left blank. */
export function readSteps(plan: PlanReport): PlanStep[] {
  const tensors = new Map([...records(plan["tensors"]), ...records(plan["lifetimes"])].map((one) => [one["id"], one]));
  return records(plan["steps"]).map((step, at) => ({
    step: typeof step["step"] === "number" ? step["step"] : at,
    op: text(step["op"]),
    name: text(step["name"]),
    phase: text(step["phase"]),
    output: outputOf(step, tensors),
    memory: text(step["memory"]),
    flops: number(step["flops"]),
    bytes: number(step["bytes"]),
  }));
}

function outputOf(step: Loose, tensors: ReadonlyMap<unknown, Loose>): string {
  const [first] = Array.isArray(step["outputs"]) ? (step["outputs"] as unknown[]) : [];
  const shape = tensors.get(first)?.["shape"];
  return Array.isArray(shape) ? formatShape(shape as number[]) : "";
}
