import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { deleteRun, getRun, listRuns, moveRun, type RunMove } from "@/api/runs";
import type { Run } from "@/api/types";
import { t } from "@/i18n";
import { notifyError } from "@/shared/notify";

import { isOver } from "./moves";

const LIST_LIMIT = 500;

/** All runs, newest first; asked again every 2 s while one of them is at work. */
export function useRuns() {
  return useQuery({
    queryKey: ["runs", "list"],
    queryFn: ({ signal }) => listRuns({ limit: LIST_LIMIT }, signal),
    refetchInterval: (query) => (query.state.data?.items.some((run) => !isOver(run.state)) ? 2000 : false),
  });
}

export function useRun(id: string) {
  return useQuery({ queryKey: ["runs", id], queryFn: ({ signal }) => getRun(id, signal) });
}

export function useMoveRun(run: Pick<Run, "id">) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (move: RunMove) => moveRun(run.id, move),
    onSuccess: (moved) => client.setQueryData(["runs", moved.id], moved),
    onError: (error) => notifyError(error),
    onSettled: () => client.invalidateQueries({ queryKey: ["runs"] }),
  });
}

export function useDeleteRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: deleteRun,
    onSuccess: (_nothing, id) => client.removeQueries({ queryKey: ["runs", id] }),
    onError: (error) => notifyError(error, t("The run was not deleted")),
    onSettled: () => client.invalidateQueries({ queryKey: ["runs", "list"] }),
  });
}
