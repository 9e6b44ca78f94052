/**
 * Exponential moving average without the start-up bias: s = w·s + (1-w)·y, divided by 1 - wⁿ.
 * `weight` is 0 (as it is) to below 1; what is not finite stays as it is and does not spoil what follows.
 */
export function smooth(values: readonly number[], weight: number): number[] {
  let sum = 0;
  let norm = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    sum = weight * sum + (1 - weight) * value;
    norm = weight * norm + (1 - weight);
    return sum / norm;
  });
}
