import { request, requestFile } from "./client";
import { sendForm, type Sending } from "./sending";
import type { ArchiveParts, OpenedProject } from "./types";

/** What of a project can go into its file, and how large it is. */
export const listArchiveParts = (project: string, signal?: AbortSignal): Promise<ArchiveParts> =>
  request("GET", `api/projects/${project}/archive/parts`, { signal });

export interface ArchiveChoice {
  runs: readonly string[];
  models: readonly { name: string; version: number }[];
  data: boolean;
  checkpoints: boolean;
}

const listed = (names: readonly string[]): string => (names.length > 0 ? names.join(",") : "none");

export function packProject(project: string, choice: ArchiveChoice, signal: AbortSignal): Promise<Blob> {
  const query = {
    runs: listed(choice.runs),
    models: listed(choice.models.map(({ name, version }) => `${name}:${version}`)),
    data: choice.data,
    checkpoints: choice.checkpoints,
  };
  return requestFile("GET", `api/projects/${project}/archive`, { query, signal });
}

/** Opens a saved project as a new one. */
export function openArchive(file: File, onProgress: (fraction: number) => void): Sending<OpenedProject> {
  const form = new FormData();
  form.set("file", file);
  return sendForm("api/projects/import", form, onProgress);
}
