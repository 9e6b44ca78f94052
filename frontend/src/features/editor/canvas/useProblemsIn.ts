import { useShallow } from "zustand/react/shallow";

import type { Problem } from "@/api/types";

import { useSessionState } from "../session/context";

/** The problems of a group and of everything in it. */
export function useProblemsIn(group: string, nodes: readonly string[]): Problem[] {
  return useSessionState(useShallow((state) => [group, ...nodes].flatMap((id) => state.problems.get(id) ?? [])));
}
