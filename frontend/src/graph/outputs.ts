import type { Graph } from "@/api/types";

import { consumersOf, readReference } from "./model";

/** The ends of the graph: nodes that read something and that nobody reads. */
function sinksOf(graph: Graph): Set<string> {
  const consumers = consumersOf(graph);
  const ends = graph.nodes.filter(
    (node) => (consumers.get(node.id) ?? []).length === 0 && Object.keys(node.inputs).length > 0,
  );
  return new Set(ends.map((node) => node.id));
}

/**
 * Lets `outputs` follow the ends of the graph through an action: a new end becomes an output, an end that is read now
 * is none any more. What was chosen by hand (an inner node shown, an end left out) stays as chosen.
 */
export function followSinks(before: Graph, after: Graph): Graph {
  if (before.nodes === after.nodes) return after;
  const old = sinksOf(before);
  const now = sinksOf(after);
  const kept = after.outputs.filter((reference) => {
    const [id] = readReference(reference);
    return !(old.has(id) && !now.has(id));
  });
  const listed = new Set(kept.map((reference) => readReference(reference)[0]));
  // A renamed end is already listed, so it is neither lost nor doubled.
  const fresh = [...now].filter((id) => !old.has(id) && !listed.has(id));
  const outputs = [...kept, ...fresh];
  const same = outputs.length === after.outputs.length && outputs.every((one, at) => one === after.outputs[at]);
  return same ? after : { ...after, outputs };
}
