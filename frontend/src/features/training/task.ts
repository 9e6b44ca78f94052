import type { GraphNode, TaskChoice } from "@/api/types";
import { type Message, msg } from "@/i18n";

export type TaskKind = TaskChoice["kind"];
/** The fields of a task that name a node. */
export type NodeField = "latent" | "mean" | "output";
export type Turn = TaskChoice["turns"][number];

export const taskNames: Record<TaskKind, Message> = {
  supervised: msg("Tell labels or values"),
  reconstruction: msg("Give its input back"),
  generation: msg("Make new samples"),
  clustering: msg("Find clusters"),
  language: msg("Go on with texts"),
};

export const taskKinds = Object.keys(taskNames) as TaskKind[];

export const taskSays: Record<TaskKind, Message> = {
  supervised: msg("What is measured follows from the loss head."),
  reconstruction: msg("What goes in should come out again, through a narrow place."),
  generation: msg("Random numbers in the place of one node become samples at another."),
  clustering: msg("After each epoch k-means splits the samples by what one node says of them."),
  language: msg("The labels are the characters that come next."),
};

/** What each kind asks for, and whether it must be told. */
export const nodeFields: Record<TaskKind, { field: NodeField; needed: boolean }[]> = {
  supervised: [],
  reconstruction: [{ field: "output", needed: true }, { field: "latent", needed: false }],
  generation: [{ field: "latent", needed: true }, { field: "output", needed: true }, { field: "mean", needed: false }],
  clustering: [{ field: "latent", needed: true }, { field: "output", needed: false }],
  language: [],
};

export const fieldNames: Record<NodeField, Message> = {
  latent: msg("Latent node"),
  mean: msg("Mean, in its place without chance"),
  output: msg("Output node"),
};

export const blank: TaskChoice = { kind: "supervised", latent: null, mean: null, output: null, clusters: null, turns: [] };
const CLUSTERS = 10;
const NAME = /^[a-z][a-z0-9_]{0,31}$/;

/** A task of another kind: nodes that both kinds name stay. */
export function withKind(task: TaskChoice, kind: TaskKind): TaskChoice {
  const kept = Object.fromEntries(nodeFields[kind].map(({ field }) => [field, task[field] ?? null]));
  return { ...blank, ...kept, kind, clusters: kind === "clustering" ? (task.clusters ?? CLUSTERS) : null, turns: task.turns };
}

/** What keeps a task from being used; empty where nothing does. */
export function lacks(task: TaskChoice): (NodeField | "turns")[] {
  const missing: (NodeField | "turns")[] = nodeFields[task.kind].filter(({ field, needed }) => needed && !task[field]).map(({ field }) => field);
  const names = new Set(task.turns.map(({ name }) => name));
  const whole = task.turns.every(({ name, losses, weights, rate }) => NAME.test(name) && losses.length > 0 && weights.length > 0 && rate > 0);
  return whole && names.size === task.turns.length ? missing : [...missing, "turns"];
}

/** As the settings hold it: what only tells labels, all at once, needs no task. */
export const asSetting = (task: TaskChoice): TaskChoice | null => (task.kind === "supervised" && task.turns.length === 0 ? null : task);

export interface NodeChoices {
  /** Nodes that compute something and are no losses. */
  inner: string[];
  losses: string[];
}

export function nodeChoices(nodes: readonly GraphNode[], isLoss: (op: string) => boolean): NodeChoices {
  const computed = nodes.filter(({ op }) => op !== "Input");
  return {
    inner: computed.filter(({ op }) => !isLoss(op)).map(({ id }) => id),
    losses: computed.filter(({ op }) => isLoss(op)).map(({ id }) => id),
  };
}

/** A turn that can be told from the others. */
export function nextTurn(turns: readonly Turn[]): Turn {
  let number = turns.length + 1;
  while (turns.some(({ name }) => name === `turn${number}`)) number += 1;
  return { name: `turn${number}`, losses: [], weights: [], rate: 1 };
}
