/** Sends a file piece by piece: what has arrived stays there, so a broken line or a closed page costs one piece. */
import { ApiError } from "@/api/client";
import type { Upload } from "@/api/types";
import { createUpload, getUpload, sendBytes } from "@/api/uploads";
import { t } from "@/i18n";

export interface Progress {
  sent: number;
  size: number;
  /** Bytes per second, smoothed; null until there is something to go by. */
  rate: number | null;
  /** How many tries in a row failed. */
  trouble: number;
}

export interface SendOptions {
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  /** Hears the upload's id as soon as there is one. */
  onStart?: (upload: Upload) => void;
}

const TRIES = 6;
const endings = [".csv", ".tsv", ".txt", ".parquet", ".npz", ".zip"];
export const ACCEPTED = endings.join(",");

/** Sends all of a file, going on where an earlier try stopped; resolves once the studio has every byte. */
export async function sendFile(file: File, { signal, onProgress, onStart }: SendOptions): Promise<Upload> {
  let upload = (await unfinished(file, signal)) ?? (await createUpload(file.name, file.size, signal));
  remember(file, upload.id);
  onStart?.(upload);
  const meter = new Meter(upload.received);
  let trouble = 0;
  const tell = (): void => onProgress({ sent: upload.received, size: file.size, rate: meter.rate, trouble });
  tell();
  while (upload.state === "receiving") {
    const offset = upload.received;
    try {
      upload = await sendBytes(upload.id, offset, file.slice(offset, offset + upload.chunk_bytes), signal);
      trouble = 0;
    } catch (error) {
      if (!canGoOn(error) || trouble >= TRIES) throw error;
      trouble += 1;
      tell();
      await wait(Math.min(8000, 250 * 2 ** trouble), signal);
      upload = await getUpload(upload.id, signal).catch((reason: unknown) => {
        if (canGoOn(reason)) return upload;
        throw reason;
      });
    }
    meter.take(upload.received);
    tell();
  }
  forget(file);
  return upload;
}

/** A line that is down comes back; a sender that lost count is told where to go on. Everything else is an answer. */
function canGoOn(error: unknown): boolean {
  return error instanceof ApiError && (error.code === "offline" || error.code === "conflict" || error.status >= 500);
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new DOMException("The upload was cancelled.", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Bytes per second over the last pieces. */
export class Meter {
  rate: number | null = null;
  private at: number;
  private when: number;

  constructor(start: number, now = performance.now()) {
    this.at = start;
    this.when = now;
  }

  take(sent: number, now = performance.now()): void {
    const seconds = (now - this.when) / 1000;
    if (sent <= this.at || seconds <= 0) return;
    const rate = (sent - this.at) / seconds;
    this.rate = this.rate === null ? rate : 0.7 * this.rate + 0.3 * rate;
    this.at = sent;
    this.when = now;
  }
}

/** Seconds left, or null while nobody can tell. */
export const secondsLeft = ({ sent, size, rate }: Progress): number | null =>
  rate === null || rate <= 0 ? null : (size - sent) / rate;

const keyOf = (file: File): string => `netwright-upload:${file.name}:${file.size}:${file.lastModified}`;
const remember = (file: File, id: string): void => localStorage.setItem(keyOf(file), id);
export const forget = (file: File): void => localStorage.removeItem(keyOf(file));

/** The upload of this very file that was broken off, where the studio still has it. */
async function unfinished(file: File, signal: AbortSignal): Promise<Upload | null> {
  const id = localStorage.getItem(keyOf(file));
  if (id === null) return null;
  try {
    const upload = await getUpload(id, signal);
    return upload.state === "receiving" && upload.size === file.size ? upload : null;
  } catch (error) {
    if (error instanceof ApiError && error.code === "not_found") return null;
    throw error;
  }
}

/** What can be told about a file before it is sent; null when it may go. */
export function refuseFile(file: File): string | null {
  if (!endings.some((ending) => file.name.toLowerCase().endsWith(ending)))
    return t("“{{name}}” is neither a table (CSV, TSV, Parquet) nor NPZ arrays nor a zip of pictures.", { name: file.name });
  if (file.size === 0) return t("“{{name}}” is empty.", { name: file.name });
  return null;
}

/** "My irises (2).csv" → "My irises (2)". */
export const nameFor = (filename: string): string => filename.replace(/\.[^.]+$/, "");
