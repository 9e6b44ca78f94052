import { useQuery } from "@tanstack/react-query";

import { datasetsQuery } from "./queries";

/** The title of a data set known by its id: an upload's id says nothing to anybody. */
export function DatasetTitle({ id }: { id: string }) {
  const datasets = useQuery(datasetsQuery);
  return datasets.data?.items.find((one) => one.id === id)?.title ?? id;
}
