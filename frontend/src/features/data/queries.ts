import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import {
  deleteDataset,
  editDataset,
  getClassExamples,
  getColumns,
  getDataset,
  getReport,
  listDatasets,
  listVersions,
  previewDataset,
  type SampleFilter,
} from "@/api/datasets";
import type { Split } from "@/api/types";
import { t } from "@/i18n";
import { notifyError } from "@/shared/notify";

/** A data set never changes: another choice is another version. */
const NEVER = 3_600_000;

export const useDatasets = () =>
  useQuery({ queryKey: ["datasets", "list"], queryFn: ({ signal }) => listDatasets(signal) });

export const useDataset = (id: string) =>
  useQuery({ queryKey: ["datasets", "one", id], queryFn: ({ signal }) => getDataset(id, signal) });

export const useVersions = (id: string) =>
  useQuery({ queryKey: ["datasets", "versions", id], queryFn: ({ signal }) => listVersions(id, signal) });

export const useReport = (id: string) =>
  useQuery({ queryKey: ["datasets", "report", id], queryFn: ({ signal }) => getReport(id, signal), staleTime: NEVER });

export const useColumns = (id: string, split: Split, enabled: boolean) =>
  useQuery({
    queryKey: ["datasets", "columns", id, split],
    queryFn: ({ signal }) => getColumns(id, split, signal),
    staleTime: NEVER,
    placeholderData: keepPreviousData,
    enabled,
  });

export const useClassExamples = (id: string, split: Split) =>
  useQuery({
    queryKey: ["datasets", "classes", id, split],
    queryFn: ({ signal }) => getClassExamples(id, split, 8, signal),
    staleTime: NEVER,
    placeholderData: keepPreviousData,
  });

export function usePreview(id: string, split: Split, offset: number, limit: number, filter: SampleFilter) {
  return useQuery({
    queryKey: ["datasets", "preview", id, split, offset, limit, filter],
    queryFn: ({ signal }) => previewDataset(id, { split, offset, limit, ...filter }, signal),
    placeholderData: keepPreviousData,
    staleTime: NEVER,
  });
}

export const useEditDataset = () =>
  useMutation({
    mutationFn: editDataset,
    onError: (error) => notifyError(error, t("The data set cannot be changed now")),
  });

export function useDeleteDataset() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: deleteDataset,
    onError: (error) => notifyError(error, t("The data set was not deleted")),
    onSuccess: (_nothing, id) => client.removeQueries({ queryKey: ["datasets", "one", id] }),
    onSettled: () => client.invalidateQueries({ queryKey: ["datasets", "list"] }),
  });
}
