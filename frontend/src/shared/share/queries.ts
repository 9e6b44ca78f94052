import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { createShare, listShares, revokeShare, type ShareTarget } from "@/api/access";
import { notifyError } from "@/shared/notify";

/** Links to one thing, or all. */
export const useShares = (of: Partial<ShareTarget> = {}) =>
  useQuery({ queryKey: ["shares", of.kind ?? null, of.target ?? null], queryFn: ({ signal }) => listShares(of, signal) });

export function useCreateShare() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: createShare,
    onError: (error) => notifyError(error),
    onSettled: () => client.invalidateQueries({ queryKey: ["shares"] }),
  });
}

export function useRevokeShare() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: revokeShare,
    onError: (error) => notifyError(error),
    onSettled: () => client.invalidateQueries({ queryKey: ["shares"] }),
  });
}
