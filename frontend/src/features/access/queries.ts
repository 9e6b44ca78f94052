import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { createKey, listKeys, revokeKey } from "@/api/access";
import { notifyError } from "@/shared/notify";

export const useKeys = () => useQuery({ queryKey: ["keys"], queryFn: ({ signal }) => listKeys(signal) });

export function useCreateKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: createKey,
    onError: (error) => notifyError(error),
    onSettled: () => client.invalidateQueries({ queryKey: ["keys"] }),
  });
}

export function useRevokeKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: revokeKey,
    onError: (error) => notifyError(error),
    onSettled: () => client.invalidateQueries({ queryKey: ["keys"] }),
  });
}
