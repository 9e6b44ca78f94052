import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { listDatasets } from "@/api/datasets";
import { createRun, getRun, listRuns } from "@/api/runs";
import { getSystem, getTrainingChoices } from "@/api/system";
import type { Run, RunSummary, TrainSettings } from "@/api/types";

const RUNS_SHOWN = 100;

export const useDatasets = () =>
  useQuery({ queryKey: ["datasets", "list"], queryFn: ({ signal }) => listDatasets(signal) });

export const useTrainingChoices = () =>
  useQuery({
    queryKey: ["training-choices"],
    queryFn: ({ signal }) => getTrainingChoices(signal),
    staleTime: Infinity,
  });

export const useSystem = () =>
  useQuery({ queryKey: ["system"], queryFn: ({ signal }) => getSystem(signal), staleTime: 60_000 });

/** Runs of one project, newest first; the trials of its sweeps have pages of their own. */
export function useProjectRuns(projectId: string) {
  return useQuery({
    queryKey: ["runs", "of", projectId],
    queryFn: async ({ signal }): Promise<RunSummary[]> => {
      const page = await listRuns({ project: projectId, trials: false, limit: RUNS_SHOWN }, signal);
      return page.items.filter((run) => run.project === projectId).sort((a, b) => b.number - a.number);
    },
  });
}

/** A run with its network, which lists leave out. */
export function useWholeRun(id: string | null) {
  return useQuery({
    queryKey: ["runs", id],
    queryFn: ({ signal }) => getRun(id ?? "", signal),
    enabled: id !== null,
  });
}

/** Saves what is drawn, then starts a run of it. */
export function useStartRun(projectId: string, saveNow: () => Promise<void>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ settings, paused }: { settings: TrainSettings; paused: boolean }): Promise<Run> => {
      await saveNow();
      return createRun({ project: projectId, settings, paused });
    },
    onSuccess: (run) => {
      client.setQueryData<Run>(["runs", run.id], run);
      client.setQueryData<RunSummary[]>(["runs", "of", projectId], (old) => [run, ...(old ?? [])]);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["runs"] }),
  });
}
