import { createContext, useContext } from "react";
import { useStore } from "zustand";

import type { OperatorInfo } from "@/api/types";
import { type Fold, foldOf } from "@/graph/fold";

import type { Saver } from "./saver";
import type { Session, SessionState } from "./session";

export const SessionContext = createContext<Session | null>(null);

/** The open project. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession outside of an open project");
  return session;
}

/** A part of the open project's state; the component is drawn again when that part changes. */
export function useSessionState<T>(select: (state: SessionState) => T): T {
  return useStore(useSession().store, select);
}

export function useOperator(op: string | undefined): OperatorInfo | undefined {
  const { operators } = useSession();
  return op === undefined ? undefined : operators.get(op);
}

/** How many errors the last check found; 0 before the first. */
export function useErrorCount(): number {
  return useSessionState((state) => state.report?.problems.filter(({ severity }) => severity === "error").length ?? 0);
}

/** What is drawn while some groups are collapsed. */
export function useFold(): Fold {
  const { operators } = useSession();
  return useSessionState((state) => foldOf(state.graph, operators));
}

export const SaverContext = createContext<Saver | null>(null);

/** How the open project is saved. */
export function useSaver(): Saver {
  const saver = useContext(SaverContext);
  if (!saver) throw new Error("useSaver outside of an open project");
  return saver;
}
