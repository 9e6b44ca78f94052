import type { ArchiveChoice } from "@/api/archives";
import type { ArchiveParts } from "@/api/types";

/** What somebody has left out of the file; at first nothing but checkpoints. */
export interface Picked {
  runs: ReadonlySet<string>;
  models: ReadonlySet<string>;
  data: boolean;
  checkpoints: boolean;
}

export const modelKey = ({ name, version }: { name: string; version: number }): string => `${name}:${version}`;

export function startPicked(parts: ArchiveParts): Picked {
  return {
    runs: new Set(parts.runs.filter(({ packable }) => packable).map(({ id }) => id)),
    models: new Set(parts.models.map(modelKey)),
    data: true,
    checkpoints: false,
  };
}

export function choiceOf(parts: ArchiveParts, picked: Picked): ArchiveChoice {
  return {
    runs: parts.runs.filter(({ id }) => picked.runs.has(id)).map(({ id }) => id),
    models: parts.models.filter((model) => picked.models.has(modelKey(model))),
    data: picked.data,
    checkpoints: picked.checkpoints,
  };
}

/** The names of the sweeps that go along with the chosen runs, and of those that are at work and stay behind. */
export function sweepsOf(parts: ArchiveParts, picked: Picked): { along: string[]; atWork: string[] } {
  const along = parts.sweeps.filter(({ packable, runs }) => packable && runs.some((run) => picked.runs.has(run)));
  const atWork = parts.sweeps.filter(({ packable }) => !packable);
  return { along: along.map(({ name }) => name), atWork: atWork.map(({ name }) => name) };
}

/** How large the file will be at most: what is text in it shrinks. */
export function bytesOf(parts: ArchiveParts, picked: Picked): number {
  const runs = parts.runs.filter(({ id }) => picked.runs.has(id));
  const models = parts.models.filter((model) => picked.models.has(modelKey(model)));
  const sum = (sizes: number[]): number => sizes.reduce((all, size) => all + size, 0);
  return (
    sum(runs.map((run) => run.bytes + (picked.checkpoints ? run.checkpoint_bytes : 0) + run.events * EVENT_BYTES)) +
    sum(models.map(({ bytes }) => bytes)) +
    (picked.data ? sum(parts.datasets.map(({ bytes }) => bytes)) : 0)
  );
}

/** An event as JSON, once it is packed. */
const EVENT_BYTES = 20;

export function toggle<T>(set: ReadonlySet<T>, key: T): Set<T> {
  const next = new Set(set);
  if (!next.delete(key)) next.add(key);
  return next;
}

/** A name that any disk takes: "My net" → "my-net.netwright". */
export function fileName(name: string): string {
  const stem = name
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}._-]+/gu, "-")
    .replaceAll(/^[-._]+|[-._]+$/g, "");
  return `${stem || "project"}.netwright`;
}

export const isArchive = (file: File): boolean => /\.(netwright|zip)$/i.test(file.name);
