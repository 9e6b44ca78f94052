import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { getEvaluation, listEvaluated, type SampleQuery, type Subject } from "@/api/inspect";
import type { EvaluationPart } from "@/api/types";

const PAGE = 24;

/** `stamp` changes when the subject's weights may have changed. */
export const useEvaluation = (subject: Subject, stamp: string, part: EvaluationPart) =>
  useQuery({
    queryKey: ["evaluation", subject, stamp, part],
    queryFn: ({ signal }) => getEvaluation(subject, part, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });

export const useEvaluated = (subject: Subject, stamp: string, query: SampleQuery) =>
  useInfiniteQuery({
    queryKey: ["evaluated", subject, stamp, query],
    queryFn: ({ signal, pageParam }) => listEvaluated(subject, { ...query, offset: pageParam, limit: PAGE }, signal),
    initialPageParam: 0,
    getNextPageParam: (last, all) => {
      const have = all.reduce((sum, page) => sum + page.items.length, 0);
      return have < last.total ? have : undefined;
    },
    staleTime: 60_000,
    retry: false,
  });
