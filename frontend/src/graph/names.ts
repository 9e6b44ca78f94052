import { ID_PATTERN } from "./model";

/** Short names that people who build networks already use. */
const stems: Record<string, string> = {
  Input: "data",
  Convolution: "conv",
  Deconvolution: "deconv",
  FullyConnected: "fc",
  Activation: "act",
  LeakyReLU: "leaky",
  Pooling: "pool",
  BatchNorm: "bn",
  LayerNorm: "ln",
  SoftmaxOutput: "softmax",
  LinearRegressionOutput: "linear",
  LogisticRegressionOutput: "logistic",
};

/** Operators of which a graph usually has one: their first node goes without a number. */
const singular = new Set(["Input", "SoftmaxOutput", "LinearRegressionOutput", "LogisticRegressionOutput", "Flatten"]);

/** The next free name for a node: conv1, conv2 … */
export function nameNode(op: string, taken: ReadonlySet<string>): string {
  const stem = stems[op] ?? stemOf(op);
  if (singular.has(op) && !taken.has(stem)) return stem;
  return number(stem, taken, singular.has(op) ? 2 : 1);
}

/** A free name close to a wanted one: conv1 → conv2, block_a → block_a2. */
export function renameFree(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  const match = /^(.*?)(\d+)$/.exec(wanted);
  return number(match?.[1] ?? wanted, taken, match ? Number(match[2]) + 1 : 2);
}

function number(stem: string, taken: ReadonlySet<string>, start: number): string {
  const root = stem.slice(0, 56);
  let at = start;
  while (taken.has(`${root}${at}`)) at += 1;
  return `${root}${at}`;
}

function stemOf(op: string): string {
  const word = op.toLowerCase().replaceAll(/[^a-z0-9_]/g, "").replace(/^[0-9_]+/, "");
  // A trailing digit would run into the number: conv2d → conv2d_1.
  const stem = /\d$/.test(word) ? `${word}_` : word;
  return ID_PATTERN.test(stem) ? stem : "node";
}
