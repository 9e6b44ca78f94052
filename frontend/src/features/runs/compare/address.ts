/** More would be a tangle of lines. */
export const MOST_COMPARED = 8;

export const compareUrl = (ids: readonly string[]): string => `/runs/compare?runs=${ids.join(",")}`;

/** The runs an address names, each once. */
export function readIds(search: string): string[] {
  const ids = new URLSearchParams(search).get("runs")?.split(",") ?? [];
  return [...new Set(ids.filter(Boolean))].slice(0, MOST_COMPARED);
}
