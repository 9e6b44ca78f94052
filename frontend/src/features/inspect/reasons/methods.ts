import type { SaliencyMap, SaliencyMethod } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { toNumber } from "@/shared/format";

interface MethodWords {
  name: Message;
  /** What is looked at, in one sentence. */
  says: Message;
}

export const methods: Record<SaliencyMethod, MethodWords> = {
  occlusion: {
    name: msg("Occlusion"),
    says: msg("Each part is hidden in turn; what the score then loses is what the part is worth."),
  },
  gradient: {
    name: msg("Gradient"),
    says: msg("How strongly the score reacts to a small change of each part."),
  },
  smoothgrad: {
    name: msg("SmoothGrad"),
    says: msg("The gradient, averaged over copies of the input with a little noise: less speckled."),
  },
  gradient_x_input: {
    name: msg("Gradient × input"),
    says: msg("The gradient times how far each part is from nothing: its share, were the network a straight line."),
  },
  integrated: {
    name: msg("Integrated gradients"),
    says: msg("The gradient gathered on the way from nothing to this input: the shares add up to the score."),
  },
};

export const methodOrder = Object.keys(methods) as SaliencyMethod[];

export interface Share {
  name: string;
  value: number;
  /** Its place among all. */
  at: number;
}

/** Shares as numbers, with their places. */
export function sharesOf(map: SaliencyMap): Share[] {
  return (map.shares ?? []).map(({ name, value }, at) => ({ name, value: toNumber(value), at }));
}

/** Those that weigh most, the heaviest first. */
export function heaviest(shares: readonly Share[], count: number): Share[] {
  return [...shares]
    .filter(({ value }) => value !== 0)
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value) || a.at - b.at)
    .slice(0, count);
}

/** The greatest size among shares; never 0, so that one can divide by it. */
export function sizeOf(shares: readonly Share[]): number {
  return Math.max(...shares.map(({ value }) => Math.abs(value)), 0) || 1;
}
