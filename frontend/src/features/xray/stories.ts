import type { PlanTensor, StrategyName } from "@/api/types";
import { currentLanguage, type Message, msg, t } from "@/i18n";

import { isBackward, type Plan, type Step } from "./model";

/** A text on what the framework did, and the chapter of the documentation that tells more. */
export interface Story {
  text: string;
  chapter: Chapter;
}

export type Chapter = "02-operator" | "03-tape" | "06-plan" | "07-memory" | "08-kernels";

export const chapterTitles: Record<Chapter, Message> = {
  "02-operator": msg("Chapter 2: operators"),
  "03-tape": msg("Chapter 3: gradients"),
  "06-plan": msg("Chapter 6: the plan"),
  "07-memory": msg("Chapter 7: memory"),
  "08-kernels": msg("Chapter 8: kernels"),
};

export const chapterUrl = (chapter: Chapter): string => `docs/tour/${currentLanguage()}/${chapter}.html`;

export const operatorUrl = (name: string): string => `docs/api/operators/${encodeURIComponent(name)}.html`;

/** Where its page shows the class that defines it. */
export const sourceUrl = (name: string): string => `${operatorUrl(name)}#source`;

export const strategyTexts: Record<StrategyName, Message> = {
  fast: msg("Spends no time on saving memory: what the backward pass needs is kept, and steps stay in their order."),
  balanced: msg("The default: orders steps for memory, and repeats what costs next to nothing where memory is much needed."),
  low_memory: msg("Computes results again in the backward pass instead of keeping them: slower, with a lower peak."),
  debug: msg("Nothing is fused, shared or written over, no native code: every result can be looked at and is checked for NaN."),
};

const passTexts: Record<string, [text: Message, chapter: Chapter]> = {
  split_batch_norms: [msg("Splits normalisation over the batch, so that only its statistics wait for all samples."), "08-kernels"],
  pool_before_relu: [msg("Lets max pooling come before ReLU: the same result, on fewer numbers."), "06-plan"],
  join_convolutions: [msg("Joins a convolution with what follows it, so that its planes never leave the cache in between."), "08-kernels"],
  join_attention: [msg("Finds attention and makes one step of it that keeps the scores out of memory."), "08-kernels"],
  draw_first: [msg("Draws the masks of all dropouts first; what is left of dropout is a product."), "06-plan"],
  join_dense: [msg("Joins a fully connected layer with its activation."), "08-kernels"],
  join_cross_entropy: [msg("Takes the logarithm of the softmax at the label only, as one step."), "06-plan"],
  simplify: [msg("Leaves out what gives its input again, and computes constants ahead."), "06-plan"],
  share_common: [msg("Computes equal calls once."), "06-plan"],
  prune: [msg("Drops calls whose results nobody uses."), "06-plan"],
  recompute: [msg("Chooses what is computed again in the backward pass, so that the peak of memory falls."), "07-memory"],
  recompute_cheap: [msg("Computes again what a kept result gives at next to no cost."), "07-memory"],
  order: [msg("Moves steps so that large tensors die earlier."), "07-memory"],
  fuse_elements: [msg("Makes groups of elementwise calls one kernel each: every tensor is read once."), "08-kernels"],
};

/** What a pass does; null for one that this page does not know yet. */
export function passStory(name: string): Story | null {
  const found = passTexts[name];
  return found ? { text: t(found[0]), chapter: found[1] } : null;
}

const operatorTexts: Record<string, [text: Message, chapter: Chapter]> = {
  _sum_to: [msg("Adds up a gradient along the axes over which a value was spread: a bias went to every sample, so its gradient is the sum over all samples."), "03-tape"],
  dot: [msg("A matrix product. The gradients of a layer's input and of its weights are both products with the gradient of its result."), "03-tape"],
  _softmax_output_grad: [msg("Softmax and cross-entropy together have a simple gradient: the probabilities, minus 1 at the true class."), "03-tape"],
  _conv_data_grad: [msg("The gradient of a convolution's input: every output's gradient is spread back over the window that it came from."), "03-tape"],
  _conv_weight_grad: [msg("The gradient of a convolution's filters: each window of the input times the gradient of its output, added up."), "03-tape"],
};

/** What happened at a step and why, the most telling first. */
export function storiesOf(step: Step, plan: Plan): Story[] {
  const output = plan.tensors.get(step.outputs[0] ?? -1);
  return [...made(step), ...ownWords(step), ...(output ? stored(step, output, plan) : []), ...ran(step)];
}

function made(step: Step): Story[] {
  const { calls, nodes, again, operator } = step.view;
  const list = calls.join(" → ");
  const stories: Story[] = [];
  if (operator === "fused") {
    stories.push({ text: t("One kernel does {{calls}}: each tensor is read once, and what lies between is never stored.", { calls: list }), chapter: "08-kernels" });
  } else if (calls.length > 1) {
    stories.push({
      text: t("{{calls}} became one step: what follows works on a result that is still in the cache, so it never goes through memory.", { calls: list }),
      chapter: "06-plan",
    });
  }
  if (again) {
    stories.push({ text: t("Computed in the forward pass already, and again here: that costs time, and frees the memory while everything in between runs."), chapter: "07-memory" });
  } else if (isBackward(step)) {
    stories.push({
      text: t("Part of the gradient of {{nodes}}. The operator's gradient rule was called on symbols, and its calls became steps of the plan.", { nodes: nodes.join(", ") }),
      chapter: "03-tape",
    });
  }
  return stories;
}

function ownWords(step: Step): Story[] {
  const found = operatorTexts[step.view.operator];
  return found ? [{ text: t(found[0]), chapter: found[1] }] : [];
}

function stored(step: Step, output: PlanTensor, plan: Plan): Story[] {
  const chapter = "07-memory";
  const shared = output.shares === null ? "" : (plan.tensors.get(output.shares)?.name ?? "");
  if (output.storage === "view") return [{ text: t("A view of {{name}}: the same bytes in another shape. Nothing is computed or copied.", { name: shared }), chapter }];
  if (output.storage === "output") return [{ text: t("Its result is the caller's: it lies outside the arena, and later runs do not touch it."), chapter }];
  if (output.storage === "own") return [{ text: t("The operator allocates its result itself, outside the arena."), chapter }];
  if (output.storage !== "arena") return [];
  if (output.shares !== null) {
    return [{ text: t("Its result is written over {{name}}, which nobody reads any more: it needs no memory of its own.", { name: shared }), chapter }];
  }
  const last = Math.min(output.last, plan.steps.length - 1);
  return [
    {
      text: t("Its result lies at byte {{offset}} of the arena from step {{first}} to step {{last}}; other tensors use the place before and after.", {
        offset: output.offset ?? 0,
        first: step.step,
        last,
      }),
      chapter,
    },
  ];
}

function ran(step: Step): Story[] {
  const texts: Record<string, Message> = {
    rows: msg("Runs as native code; each thread computes its own samples of the batch."),
    lanes: msg("Runs as native code; each thread computes a slice of the result."),
    once: msg("Runs as native code on one thread, being too small to share."),
    call: msg("Runs as a call of the operator's own Python code: there is no kernel for it, or this strategy wants none."),
  };
  const found = texts[step.runs];
  return found ? [{ text: t(found), chapter: "08-kernels" }] : [];
}
