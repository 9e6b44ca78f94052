type Point = readonly [number, number];

/** Points as an SVG path; losses that span more than two decades are drawn by their logarithm. */
export function pathOf(points: readonly Point[], all: readonly Point[], width: number, height: number): string {
  const finite = all.filter(([, value]) => Number.isFinite(value));
  const least = Math.min(...finite.map(([, value]) => value));
  const most = Math.max(...finite.map(([, value]) => value));
  const scale = least > 0 && most / least > 100 ? Math.log10 : (value: number): number => value;
  const [low, high] = [scale(least), scale(most)];
  const first = Math.min(...finite.map(([step]) => step));
  const last = Math.max(...finite.map(([step]) => step));
  const place = (value: number, from: number, to: number, size: number): number => (to > from ? ((value - from) / (to - from)) * size : size / 2);
  return points
    .filter(([, value]) => Number.isFinite(value))
    .map(([step, value], index) => {
      const x = 2 + place(step, first, last, width - 4);
      const y = height - 4 - place(scale(value), low, high, height - 8);
      return `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}

/** Widths in percent: shares of 1 as they are, sizes over many decades by their logarithm. */
export function barWidths(
  values: readonly number[],
  limit: number | null,
  logarithmic: boolean,
): { values: number[]; limit: number | null } {
  const known = [...values, ...(limit === null ? [] : [limit])];
  if (!logarithmic) {
    const most = Math.max(1e-12, ...known);
    const full = most <= 1 ? 1 : most;
    return { values: values.map((value) => (100 * value) / full), limit: limit === null ? null : (100 * limit) / full };
  }
  const positive = known.filter((value) => value > 0).map(Math.log10);
  const low = Math.floor(Math.min(0, ...positive) - 0.5);
  const high = Math.max(...positive, low + 1);
  const width = (value: number): number => (value > 0 ? (100 * (Math.log10(value) - low)) / (high - low) : 0);
  return { values: values.map(width), limit: limit === null ? null : width(limit) };
}
