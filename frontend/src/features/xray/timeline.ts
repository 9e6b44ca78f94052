import type { PlanReport, PlanTensor } from "@/api/types";

/** A rectangle of a picture, in shares of its width and height. */
export interface Box {
  key: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface TensorBox extends Box {
  tensor: PlanTensor;
}

/** Tensors that own a piece of the arena; what is written over another or a view of it lies in the other's piece. */
export function arenaTensors(plan: PlanReport): PlanTensor[] {
  return plan.tensors.filter(({ storage, offset, shares }) => storage === "arena" && offset !== null && shares === null);
}

/**
 * The step until which each piece of memory is held: its own tensor's last use, or that of whatever shares it.
 */
export function heldUntil(plan: PlanReport): Map<number, number> {
  const byId = new Map(plan.tensors.map((tensor) => [tensor.id, tensor]));
  const held = new Map(plan.tensors.map(({ id, last }) => [id, last]));
  for (const tensor of plan.tensors) {
    let root = tensor;
    while (root.shares !== null) {
      const next = byId.get(root.shares);
      if (!next || next === root) break;
      root = next;
    }
    held.set(root.id, Math.max(held.get(root.id) ?? 0, tensor.last));
  }
  return held;
}

/** Each tensor as a bar from its first to its last step, at its place in the arena; the arena's beginning is below. */
export function arenaBoxes(plan: PlanReport): TensorBox[] {
  const steps = Math.max(1, plan.steps.length);
  const bytes = Math.max(1, plan.totals.arena_bytes);
  const held = heldUntil(plan);
  return arenaTensors(plan).map((tensor) => {
    const last = Math.min(held.get(tensor.id) ?? tensor.last, steps - 1);
    const top = (tensor.offset ?? 0) + tensor.bytes;
    return {
      key: String(tensor.id),
      tensor,
      x: tensor.first / steps,
      width: (last - tensor.first + 1) / steps,
      y: 1 - top / bytes,
      height: tensor.bytes / bytes,
    };
  });
}

/** Bytes of the arena that hold something, step by step. */
export function bytesAlive(plan: PlanReport): number[] {
  const steps = plan.steps.length;
  const change = new Array<number>(steps + 1).fill(0);
  const held = heldUntil(plan);
  for (const tensor of arenaTensors(plan)) {
    const last = Math.min(held.get(tensor.id) ?? tensor.last, steps - 1);
    change[tensor.first] = (change[tensor.first] ?? 0) + tensor.bytes;
    change[last + 1] = (change[last + 1] ?? 0) - tensor.bytes;
  }
  let now = 0;
  return change.slice(0, steps).map((delta) => (now += delta));
}

/** The first step at which most of the arena is in use. */
export function peakStep(alive: readonly number[]): number {
  return alive.reduce((best, bytes, at) => (bytes > (alive[best] ?? -1) ? at : best), 0);
}

/** The topmost box at a point, looked for from the last drawn one; thin ones are widened to `slack`. */
export function boxAt<T extends Box>(boxes: readonly T[], x: number, y: number, slackX = 0, slackY = 0): T | null {
  let near: T | null = null;
  for (let at = boxes.length - 1; at >= 0; at -= 1) {
    const box = boxes[at];
    if (!box) continue;
    if (x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height) return box;
    if (!near && x >= box.x - slackX && x < box.x + box.width + slackX && y >= box.y - slackY && y < box.y + box.height + slackY) near = box;
  }
  return near;
}
