import { type InfiniteData, keepPreviousData, queryOptions, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import {
  changeRun,
  deleteRun,
  deleteRunForGood,
  editRun,
  type ForkSpec,
  forkRun,
  getLineage,
  getRun,
  getRunSeries,
  listCheckpoints,
  listRuns,
  type LiveChange,
  moveRun,
  restoreRun,
  type RunEdit,
  type RunMove,
  stepRun,
} from "@/api/runs";
import { listSweeps } from "@/api/sweeps";
import type { Page, Run, RunSummary } from "@/api/types";
import { t } from "@/i18n";
import { notifyError } from "@/shared/notify";

import { SERIES_POINTS } from "./follow";
import { isOver } from "./moves";

const LIST_LIMIT = 500;
const PAGE = 200;

type Pages = InfiniteData<Page<RunSummary>, number>;

/** The runs of all pages that were loaded; one that moved to the next page meanwhile is there once. */
function joined({ pages }: Pages): Page<RunSummary> {
  const items = new Map(pages.flatMap((page) => page.items.map((run) => [run.id, run])));
  return { items: [...items.values()], total: pages[0]?.total ?? 0 };
}

/** Runs page by page, the newest first, of one sweep if so wished; asked again while one of them is at work. */
export function useRuns(sweep: string | null = null) {
  return useInfiniteQuery({
    queryKey: ["runs", "list", sweep],
    queryFn: ({ pageParam, signal }) => listRuns({ limit: PAGE, offset: pageParam, ...(sweep === null ? {} : { sweep }) }, signal),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => {
      const loaded = pages.reduce((sum, page) => sum + page.items.length, 0);
      return last.items.length > 0 && loaded < last.total ? loaded : undefined;
    },
    select: joined,
    refetchInterval: ({ state }) => {
      const pages = state.data?.pages ?? [];
      const busy = pages.some((page) => page.items.some((run) => !isOver(run.state)));
      return busy ? 2000 * pages.length : false;
    },
  });
}

/** Which sweeps there are, for names and for the filter. */
export function useSweepNames() {
  return useQuery({
    queryKey: ["sweeps", "names"],
    queryFn: async ({ signal }) => (await listSweeps({ limit: LIST_LIMIT }, signal)).items,
  });
}

export function useRun(id: string) {
  return useQuery({ queryKey: ["runs", id], queryFn: ({ signal }) => getRun(id, signal) });
}

/** The curves that a run's page begins with: asked for at once, before anything else of the run is known. */
export function curvesQuery(id: string) {
  return queryOptions({
    queryKey: ["run-curves", id],
    queryFn: ({ signal }) => getRunSeries(id, { points: SERIES_POINTS }, signal),
    // Whoever follows the run takes the answer over; later ones ask anew.
    staleTime: 2000,
    gcTime: 5000,
    retry: false,
  });
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

/** Trains one batch of a paused run. */
export function useStepRun(run: Pick<Run, "id">) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => stepRun(run.id),
    onSuccess: (stepped) => client.setQueryData(["runs", stepped.id], stepped),
    onError: (error) => notifyError(error),
  });
}

/** Changes settings while it trains. What is refused is shown where it was asked for. */
export function useChangeRun(run: Pick<Run, "id">) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: LiveChange) => changeRun(run.id, change),
    onSuccess: (changed) => client.setQueryData(["runs", changed.id], changed),
    onSettled: () => client.invalidateQueries({ queryKey: ["runs"] }),
  });
}

export function useForkRun(run: Pick<Run, "id">) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (spec: ForkSpec) => forkRun(run.id, spec),
    onSettled: () => client.invalidateQueries({ queryKey: ["runs"] }),
  });
}

/** What is on disk; `newest` is the last checkpoint that was told of, so that another one is seen. */
export function useCheckpoints(id: string, newest: number) {
  return useQuery({
    queryKey: ["run-checkpoints", id, newest],
    queryFn: async ({ signal }) => (await listCheckpoints(id, signal)).items,
    placeholderData: keepPreviousData,
  });
}

export function useLineage(id: string) {
  return useQuery({
    queryKey: ["runs", id, "lineage"],
    queryFn: async ({ signal }) => (await getLineage(id, signal)).runs,
  });
}

/** Runs that can be restored. */
export function useDeletedRuns() {
  return useQuery({
    queryKey: ["runs", "deleted"],
    queryFn: async ({ signal }) => (await listRuns({ limit: LIST_LIMIT, deleted: true }, signal)).items,
  });
}

/** Deletes runs one after the other; what could not be deleted is told of. */
export function useDeleteRuns() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ ids, forGood = false }: { ids: readonly string[]; forGood?: boolean }) => {
      for (const id of ids) await (forGood ? deleteRunForGood(id) : deleteRun(id));
    },
    onError: (error) => notifyError(error, t("The run was not deleted")),
    onSettled: (_nothing, _error, { ids }) => {
      for (const id of ids) client.removeQueries({ queryKey: ["runs", id] });
      return client.invalidateQueries({ queryKey: ["runs"] });
    },
  });
}

export function useRestoreRuns() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      for (const id of ids) await restoreRun(id);
    },
    onError: (error) => notifyError(error),
    onSettled: () => client.invalidateQueries({ queryKey: ["runs"] }),
  });
}

export function useEditRun(run: Pick<Run, "id">) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (edit: RunEdit) => editRun(run.id, edit),
    onSuccess: (edited) => client.setQueryData(["runs", edited.id], edited),
    onError: (error) => notifyError(error),
    onSettled: () => client.invalidateQueries({ queryKey: ["runs", "list"] }),
  });
}
