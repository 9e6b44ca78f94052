import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { deleteDataset, getDataset, listDatasets, previewDataset } from "@/api/datasets";
import type { Split } from "@/api/types";
import { t } from "@/i18n";
import { notifyError } from "@/shared/notify";

export const useDatasets = () =>
  useQuery({ queryKey: ["datasets", "list"], queryFn: ({ signal }) => listDatasets(signal) });

export const useDataset = (id: string) =>
  useQuery({ queryKey: ["datasets", "one", id], queryFn: ({ signal }) => getDataset(id, signal) });

export function usePreview(id: string, split: Split, offset: number, limit: number) {
  return useQuery({
    queryKey: ["datasets", "preview", id, split, offset, limit],
    queryFn: ({ signal }) => previewDataset(id, { split, offset, limit }, signal),
    placeholderData: keepPreviousData,
    staleTime: 300_000,
  });
}

export function useDeleteDataset() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: deleteDataset,
    onError: (error) => notifyError(error, t("The data set was not deleted")),
    onSuccess: (_nothing, id) => client.removeQueries({ queryKey: ["datasets", "one", id] }),
    onSettled: () => client.invalidateQueries({ queryKey: ["datasets", "list"] }),
  });
}
