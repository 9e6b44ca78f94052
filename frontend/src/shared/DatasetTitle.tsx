import { useQuery } from "@tanstack/react-query";

import { datasetQuery, datasetsQuery } from "./queries";

/** The title of a data set known by its id: an upload's id says nothing to anybody. */
export function DatasetTitle({ id }: { id: string }) {
  const datasets = useQuery(datasetsQuery);
  const listed = datasets.data?.items.find((one) => one.id === id);
  // an earlier version is not in the list
  const one = useQuery({ ...datasetQuery(id), enabled: datasets.data !== undefined && listed === undefined });
  return (listed ?? one.data)?.title ?? id;
}
