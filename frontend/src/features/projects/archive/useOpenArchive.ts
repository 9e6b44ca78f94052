import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { openArchive } from "@/api/archives";
import type { Sending } from "@/api/sending";
import type { OpenedProject } from "@/api/types";

import { projectsQuery } from "../queries";

/** Sends a saved project to the studio; a stop while it is sent leaves nothing, and is no error. */
export function useOpenArchive() {
  const client = useQueryClient();
  const [sent, setSent] = useState(0);
  const sending = useRef<Sending<OpenedProject> | null>(null);
  useEffect(() => () => sending.current?.cancel(), []);
  const { mutate, reset, isPending, isError, error, data } = useMutation({
    mutationFn: async (file: File) => {
      setSent(0);
      sending.current = openArchive(file, setSent);
      return sending.current.done;
    },
    // Models, data sets and runs may have come along: whatever was listed is old.
    onSuccess: () => client.invalidateQueries(),
    onSettled: () => client.invalidateQueries(projectsQuery),
  });
  const stopped = error instanceof DOMException && error.name === "AbortError";
  return { mutate, reset, isPending, isError: isError && !stopped, error, data, sent, cancel: () => sending.current?.cancel() };
}
