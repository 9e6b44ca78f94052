import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";

/** The step under the pointer, and the one that was chosen: all pictures show both. */
export interface Pointer {
  hover: number | null;
  chosen: number | null;
}

export type PointerStore = StoreApi<Pointer>;

export const createPointer = (): PointerStore => createStore<Pointer>(() => ({ hover: null, chosen: null }));

export const PointerContext = createContext<PointerStore | null>(null);

export function usePointer(): PointerStore {
  const pointer = useContext(PointerContext);
  if (!pointer) throw new Error("usePointer outside of the X-ray");
  return pointer;
}

export function usePointerState<T>(select: (state: Pointer) => T): T {
  return useStore(usePointer(), select);
}

/** The step that is looked at: under the pointer, else the chosen one. */
export const lookedAt = ({ hover, chosen }: Pointer): number | null => hover ?? chosen;
