import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";

import { getDataset, getSample, previewDataset } from "@/api/datasets";
import { checkGraph } from "@/api/graphs";
import { deleteModel, getModel, listModels, predict } from "@/api/models";
import type { DatasetSample, ModelVersion, RawInput } from "@/api/types";
import { t } from "@/i18n";
import { notifyError } from "@/shared/notify";
import { useReadOnly } from "@/shared/readOnly";

const LIST_LIMIT = 200;

export const useModels = () =>
  useQuery({ queryKey: ["models", "list"], queryFn: ({ signal }) => listModels({ limit: LIST_LIMIT }, signal) });

export const useModel = (name: string) =>
  useQuery({ queryKey: ["models", "one", name], queryFn: ({ signal }) => getModel(name, signal) });

export function useDeleteModel() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: deleteModel,
    onError: (error) => notifyError(error, t("The model was not deleted")),
    onSuccess: (_nothing, name) => client.removeQueries({ queryKey: ["models", "one", name] }),
    onSettled: () => client.invalidateQueries({ queryKey: ["models", "list"] }),
  });
}

/** What a version says to one input; the answer before stays in sight while the next is on its way. */
export function usePrediction(name: string, version: number, input: RawInput | null) {
  return useQuery({
    queryKey: ["predictions", name, version, input],
    queryFn: ({ signal }) => predict(name, version, input === null ? [] : [input], signal),
    enabled: input !== null,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 30_000,
  });
}

/** The data set a version was trained on; it may be gone by now. */
export function useSourceDataset(id: string | null) {
  // A share link shows what was trained, not the data.
  const shared = useReadOnly();
  return useQuery({
    queryKey: ["datasets", "one", id],
    queryFn: ({ signal }) => getDataset(id ?? "", signal),
    enabled: id !== null && !shared,
    retry: false,
  });
}

export function useTestSamples(id: string | null, offset: number, limit: number) {
  return useQuery({
    queryKey: ["datasets", "preview", id, "test", offset, limit],
    queryFn: ({ signal }) => previewDataset(id ?? "", { split: "test", offset, limit }, signal),
    enabled: id !== null,
    placeholderData: keepPreviousData,
    staleTime: 300_000,
  });
}

/** Fetches one test sample when it is picked; of two picked quickly only the later one is passed on. */
export function useTakeSample(dataset: string, onSample: (sample: DatasetSample) => void): (index: number) => void {
  const client = useQueryClient();
  const wanted = useRef<number | null>(null);
  return (index) => {
    wanted.current = index;
    client
      .query({
        queryKey: ["datasets", "sample", dataset, index],
        queryFn: ({ signal }) => getSample(dataset, "test", index, signal),
        staleTime: 300_000,
      })
      .then((sample) => {
        if (wanted.current === index) onSample(sample);
      })
      .catch((error: unknown) => notifyError(error, t("The sample could not be read")));
  };
}

/** Shapes and counts of a trained graph, for one sample. */
export function useGraphReport(version: ModelVersion) {
  const { graph, dataset } = version;
  // A share link brings it along.
  const shared = useReadOnly();
  return useQuery({
    queryKey: ["graph-report", graph, dataset],
    queryFn: ({ signal }) => checkGraph({ graph, dataset, batch_size: 1 }, signal),
    enabled: !shared,
    staleTime: Infinity,
  });
}
