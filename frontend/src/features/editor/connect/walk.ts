import type { Graph, OperatorInfo } from "@/api/types";
import { type Fold, foldOf, itemPosition } from "@/graph/fold";
import { connectionId } from "@/graph/model";

export type Way = "up" | "down" | "left" | "right";

/** Where one comes to along the lines: up to what a node reads, down to what reads it, sideways to its neighbours. */
export function follow(graph: Graph, operators: ReadonlyMap<string, OperatorInfo>, from: string, way: Way): string | null {
  const fold = foldOf(graph, operators);
  const lines = fold.connections.map(({ from: source, to }) => ({ source: fold.shownAs(source), target: fold.shownAs(to) }));
  const across = byPlace(graph, fold);
  const above = across(lines.filter(({ target }) => target === from).map(({ source }) => source));
  const below = across(lines.filter(({ source }) => source === from).map(({ target }) => target));
  if (way === "up") return above[0] ?? null;
  if (way === "down") return below[0] ?? null;
  // Beside it stand what reads the same, and what is read by the same.
  const beside = across([
    from,
    ...lines.filter(({ source }) => above.includes(source)).map(({ target }) => target),
    ...lines.filter(({ target }) => below.includes(target)).map(({ source }) => source),
  ]);
  return beside[beside.indexOf(from) + (way === "left" ? -1 : 1)] ?? null;
}

/** The ends of a line: up its source, down its target. */
export function endOf(graph: Graph, operators: ReadonlyMap<string, OperatorInfo>, line: string, way: Way): string | null {
  const fold = foldOf(graph, operators);
  const found = fold.connections.find((one) => connectionId(one) === line);
  if (!found || way === "left" || way === "right") return null;
  return fold.shownAs(way === "up" ? found.from : found.to);
}

/** Each thing once, from left to right. */
function byPlace(graph: Graph, fold: Fold): (ids: string[]) => string[] {
  return (ids) => [...new Set(ids)].sort((a, b) => itemPosition(graph, fold, a)[0] - itemPosition(graph, fold, b)[0]);
}
