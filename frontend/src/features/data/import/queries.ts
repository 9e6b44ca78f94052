import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { Dialect, Recipe, Upload } from "@/api/types";
import { cancelUpload, getSurvey, getUpload, importUpload, listUploads, readUpload } from "@/api/uploads";
import { t } from "@/i18n";
import { notifyError } from "@/shared/notify";

const WORKING = ["received", "reading", "importing"];

export const useUploads = () =>
  useQuery({ queryKey: ["uploads", "list"], queryFn: ({ signal }) => listUploads(signal) });

/** An upload, asked again while something is going on. */
export const useUpload = (id: string) =>
  useQuery({
    queryKey: ["uploads", "one", id],
    queryFn: ({ signal }) => getUpload(id, signal),
    refetchInterval: ({ state }) => (state.data && WORKING.includes(state.data.state) ? 300 : false),
    retry: 1,
  });

export const useSurvey = (upload: Upload) =>
  useQuery({
    queryKey: ["uploads", "survey", upload.id],
    queryFn: ({ signal }) => getSurvey(upload.id, signal),
    enabled: upload.state === "ready" || upload.state === "importing",
    staleTime: Infinity,
  });

export function useUploadActions(id: string) {
  const client = useQueryClient();
  const took = (upload: Upload): void => void client.setQueryData(["uploads", "one", id], upload);
  const read = useMutation({
    mutationFn: (dialect: Dialect | undefined) => readUpload(id, dialect === undefined ? {} : { dialect }),
    onError: (error) => notifyError(error, t("The file was not read")),
    onSuccess: (upload) => {
      client.removeQueries({ queryKey: ["uploads", "survey", id] });
      took(upload);
    },
  });
  const make = useMutation({
    mutationFn: (body: { name: string; recipe: Recipe; test_upload: string | null }) => importUpload(id, body),
    onSuccess: took,
  });
  const cancel = useMutation({
    mutationFn: () => cancelUpload(id),
    onSettled: () => client.invalidateQueries({ queryKey: ["uploads", "list"] }),
  });
  return { read, make, cancel };
}
