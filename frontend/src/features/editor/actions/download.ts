import type { Session } from "../session/session";

/** Saves the graph as a file the terminal and other projects read. */
export function downloadGraph(session: Session): void {
  const { graph, name } = session.store.getState();
  const url = URL.createObjectURL(new Blob([JSON.stringify(graph, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "") || "graph"}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
