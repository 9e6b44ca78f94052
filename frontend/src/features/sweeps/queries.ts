import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import {
  applyTrial,
  createSweep,
  deleteSweep,
  getSweep,
  listKnobs,
  listSweeps,
  listTrials,
  moveSweep,
  previewSweep,
  renameSweep,
  restoreSweep,
  type SweepMove,
  type SweepSpec,
} from "@/api/sweeps";
import type { Graph, Sweep, SweepBrief, TrainSettings } from "@/api/types";
import { notifyError } from "@/shared/notify";

const LIST_LIMIT = 500;
const POLL_MS = 1500;

/** Runs of a sweep may still be at work while it is being paused. */
const isBusy = (sweep: Pick<SweepBrief, "state" | "counts"> | undefined): boolean =>
  sweep !== undefined && (sweep.state === "running" || (sweep.counts.running ?? 0) > 0);

export function useKnobs(training: { graph: Graph; dataset: string | null; settings: TrainSettings }) {
  const { graph, dataset, settings } = training;
  return useQuery({
    // Where a node stands changes nothing.
    queryKey: ["sweep-knobs", graph.nodes, graph.groups, dataset, settings],
    queryFn: ({ signal }) => listKnobs(training, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

/** What a sweep would do; null while nothing is varied. */
export function usePreview(spec: SweepSpec | null, graph: Graph) {
  return useQuery({
    queryKey: ["sweep-preview", spec, graph.nodes, graph.groups],
    queryFn: ({ signal }) => {
      if (!spec) throw new Error("no sweep");
      return previewSweep(spec, signal);
    },
    enabled: spec !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function useSweeps(project?: string) {
  return useQuery({
    queryKey: ["sweeps", "list", project ?? null],
    queryFn: async ({ signal }) => (await listSweeps({ limit: LIST_LIMIT, ...(project === undefined ? {} : { project }) }, signal)).items,
    refetchInterval: (query) => (query.state.data?.some(isBusy) ? 2 * POLL_MS : false),
  });
}

export function useSweep(id: string) {
  return useQuery({
    queryKey: ["sweeps", id],
    queryFn: ({ signal }) => getSweep(id, signal),
    refetchInterval: (query) => (isBusy(query.state.data) ? POLL_MS : false),
  });
}

export function useTrials(sweep: Sweep) {
  return useQuery({
    // Once a sweep is over nothing is asked again: so what the last answer told of decides which trials are meant.
    queryKey: ["sweeps", sweep.id, "trials", sweep.state, sweep.counts],
    queryFn: async ({ signal }) => (await listTrials(sweep.id, signal)).items,
    refetchInterval: isBusy(sweep) ? POLL_MS : false,
    placeholderData: keepPreviousData,
  });
}

export function useStartSweep(saveNow: () => Promise<void>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (spec: SweepSpec): Promise<Sweep> => {
      await saveNow();
      return createSweep(spec);
    },
    onSuccess: (sweep) => {
      client.setQueryData(["sweeps", sweep.id], sweep);
      return client.invalidateQueries({ queryKey: ["sweeps", "list"] });
    },
  });
}

export function useMoveSweep(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (move: SweepMove) => moveSweep(id, move),
    onSuccess: (sweep) => client.setQueryData(["sweeps", id], sweep),
    onError: (error) => notifyError(error),
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ["sweeps"] }), client.invalidateQueries({ queryKey: ["runs"] })]),
  });
}

export function useRenameSweep(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => renameSweep(id, name),
    onSuccess: (sweep) => client.setQueryData(["sweeps", id], sweep),
    onError: (error) => notifyError(error),
    onSettled: () => client.invalidateQueries({ queryKey: ["sweeps", "list"] }),
  });
}

export function useApplyTrial(sweep: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (trial: number) => applyTrial(sweep, trial),
    onSuccess: ({ project }) => client.removeQueries({ queryKey: ["project", project] }),
    onError: (error) => notifyError(error),
  });
}

export function useDeleteSweep() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => deleteSweep(id),
    onError: (error) => notifyError(error),
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ["sweeps"] }), client.invalidateQueries({ queryKey: ["runs"] })]),
  });
}

export function useRestoreSweep() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => restoreSweep(id),
    onError: (error) => notifyError(error),
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ["sweeps"] }), client.invalidateQueries({ queryKey: ["runs"] })]),
  });
}
