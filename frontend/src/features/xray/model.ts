import type { Measured, PlanReport, PlanStep, PlanTensor, StepView, XrayReport } from "@/api/types";

/** One step of the plan with everything the page says of it. */
export interface Step extends PlanStep {
  view: StepView;
  /** Seconds. */
  predicted: number;
  measured: number | null;
}

export interface Plan {
  report: PlanReport;
  steps: Step[];
  tensors: ReadonlyMap<number, PlanTensor>;
  /** Gradient steps of each forward step, and the other way round. */
  partners: ReadonlyMap<number, readonly number[]>;
}

export function isBackward(step: PlanStep): boolean {
  return step.phase === "backward";
}

/** Joins a plan with what explains it; `measured` belongs to the same plan or is left out. */
export function readPlan(xray: XrayReport, measured: Measured | null): Plan {
  const fits = measured?.seconds.length === xray.plan.steps.length;
  const steps = xray.plan.steps.flatMap((step, at): Step[] => {
    const view = xray.views[at];
    if (!view) return [];
    return [{ ...step, view, predicted: view.seconds, measured: fits ? (measured.seconds[at] ?? null) : null }];
  });
  return {
    report: xray.plan,
    steps,
    tensors: new Map(xray.plan.tensors.map((tensor) => [tensor.id, tensor])),
    partners: partnersOf(steps),
  };
}

/** A forward step and a backward step belong together where both stand for one node. */
export function partnersOf(steps: readonly Step[]): Map<number, number[]> {
  const forward = new Map<string, number>();
  for (const step of steps) if (!isBackward(step)) for (const node of step.view.nodes) if (!forward.has(node)) forward.set(node, step.step);
  const partners = new Map<number, number[]>(steps.map(({ step }) => [step, []]));
  for (const step of steps) {
    if (!isBackward(step)) continue;
    const found = new Set(step.view.nodes.flatMap((node) => forward.get(node) ?? []));
    for (const other of found) {
      partners.get(step.step)?.push(other);
      partners.get(other)?.push(step.step);
    }
  }
  return partners;
}

export interface Pair {
  forward: Step | null;
  backward: Step[];
}

/**
 * The forward pass downwards with each step's gradient steps beside it, so that the backward pass reads upwards.
 * Gradient steps that belong to none (sums of several gradients, say) come last.
 */
export function pairSteps(plan: Plan): Pair[] {
  const bySteps = new Map(plan.steps.map((step) => [step.step, step]));
  const placed = new Set<number>();
  const pairs: Pair[] = [];
  const forward = plan.steps.filter((step) => !isBackward(step));
  // A gradient step of several nodes stands beside the last of them, where it is reached first on the way back.
  for (const step of forward.toReversed()) {
    const mine = (plan.partners.get(step.step) ?? []).filter((other) => !placed.has(other));
    for (const other of mine) placed.add(other);
    pairs.push({ forward: step, backward: mine.flatMap((other) => bySteps.get(other) ?? []) });
  }
  pairs.reverse();
  const rest = plan.steps.filter((step) => isBackward(step) && !placed.has(step.step));
  if (rest.length > 0) pairs.push({ forward: null, backward: rest });
  return pairs;
}

/** The step and its partners: what lights up together. */
export function linked(plan: Plan, step: number | null): ReadonlySet<number> {
  return step === null ? new Set() : new Set([step, ...(plan.partners.get(step) ?? [])]);
}

export interface Sums {
  predicted: number;
  measured: number | null;
}

export function sumsOf(steps: readonly Step[]): Sums {
  const known = steps.length > 0 && steps.every((step) => step.measured !== null);
  return {
    predicted: steps.reduce((sum, step) => sum + step.predicted, 0),
    measured: known ? steps.reduce((sum, step) => sum + (step.measured ?? 0), 0) : null,
  };
}
