import { useEffect, useRef, useState } from "react";

import { cancelUpload } from "@/api/uploads";

import { forget, type Progress, sendFile } from "./sending";

/** Sends a file; `stop` also removes what has arrived, closing the page keeps it. */
export function useSending(onSent: (id: string, file: File) => void) {
  const [progress, setProgress] = useState<Progress | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const control = useRef<AbortController | null>(null);
  const going = useRef<{ id: string; file: File } | null>(null);
  useEffect(() => () => control.current?.abort(), []);

  const send = async (file: File): Promise<void> => {
    control.current = new AbortController();
    setProblem(null);
    setProgress({ sent: 0, size: file.size, rate: null, trouble: 0 });
    try {
      const upload = await sendFile(file, {
        signal: control.current.signal,
        onProgress: setProgress,
        onStart: ({ id }) => (going.current = { id, file }),
      });
      going.current = null;
      setProgress(null);
      onSent(upload.id, file);
    } catch (error) {
      setProgress(null);
      setProblem(error instanceof DOMException && error.name === "AbortError" ? null : error);
    }
  };
  const stop = (): void => {
    control.current?.abort();
    const left = going.current;
    going.current = null;
    if (left === null) return;
    forget(left.file);
    // it may be gone already; what is left is removed after a day
    cancelUpload(left.id).catch(() => undefined);
  };
  return { progress, problem, send, stop, setProblem };
}
