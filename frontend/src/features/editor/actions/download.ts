import { saveBlob } from "@/shared/saveBlob";

import type { Session } from "../session/session";

/** Saves the graph as a file the terminal and other projects read. */
export function downloadGraph(session: Session): void {
  const { graph, name } = session.store.getState();
  const stem = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "") || "graph";
  downloadText(`${stem}.json`, JSON.stringify(graph, null, 2), "application/json");
}

/** Saves a text as a file. */
export function downloadText(name: string, text: string, type: string): void {
  saveBlob(name, new Blob([text], { type }));
}
