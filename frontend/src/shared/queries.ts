import { queryOptions } from "@tanstack/react-query";

import { getDataset, listDatasets } from "@/api/datasets";
import { getPalette } from "@/api/system";

/** The palette does not change while the server runs. */
export const paletteQuery = queryOptions({
  queryKey: ["operators"],
  queryFn: ({ signal }) => getPalette(signal),
  staleTime: Infinity,
});

export const datasetsQuery = queryOptions({
  queryKey: ["datasets", "list"],
  queryFn: ({ signal }) => listDatasets(signal),
});

export const datasetQuery = (id: string) =>
  queryOptions({
    queryKey: ["datasets", "one", id],
    queryFn: ({ signal }) => getDataset(id, signal),
    retry: false,
  });
