import type { Graph } from "@/api/types";
import { emptyGraph } from "@/graph/model";
import { t } from "@/i18n";

/** Reads a file of Netwright's graph JSON; says what it is when it is something else. */
export async function readGraphFile(file: File): Promise<Graph> {
  const value = parse(await file.text());
  if (typeof value !== "object" || value === null || !("format" in value) || value.format !== "netwright-graph")
    throw new Error(t('Wanted a Netwright graph: a JSON object with "format": "netwright-graph".'));
  return { ...emptyGraph(file.name.replace(/\.json$/i, "")), ...(value as Partial<Graph>) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Error(t("This is not JSON: {{reason}}", { reason: error instanceof Error ? error.message : String(error) }), { cause: error });
  }
}
