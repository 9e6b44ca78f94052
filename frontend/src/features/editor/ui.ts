import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";

import type { Position } from "@/api/types";

import type { Loose } from "./actions/add";

/** What the rest of the editor may ask of the canvas. */
export interface CanvasView {
  fit: () => void;
  zoom: (factor: number) => void;
  /** The middle of what is visible, in graph coordinates. */
  centre: () => Position;
  /** Where the pointer is over the empty canvas, in the window; null when it left. */
  follow: (at: { x: number; y: number } | null) => void;
  /** Offers a new node where the pointer is; false when it is not over the canvas. */
  insertAtPointer: () => boolean;
  /** Brings a node to the middle and the keyboard to it. */
  reveal: (id: string) => void;
  /** Moves the view only as far as needed to see a node; the keyboard stays where it is. */
  show: (id: string) => void;
}

export interface Insert {
  /** In the window. */
  at: { x: number; y: number };
  /** In the graph. */
  place: Position;
  loose: Loose | null;
}

export interface EditorUi {
  palette: boolean;
  inspector: boolean;
  problems: boolean;
  plan: boolean;
  versions: boolean;
  code: boolean;
  help: boolean;
  view: CanvasView | null;
  /** Where a new node is being chosen for, if anywhere. */
  insert: Insert | null;
  /** Grows by one whenever something asks for the keyboard to go there. */
  focusSearch: number;
  focusName: number;
}

export type UiStore = StoreApi<EditorUi>;

export type Panel = "palette" | "inspector" | "problems" | "plan" | "versions" | "code" | "help";

/** Side panels start open where there is room for them. */
export function createUi(roomy: boolean): UiStore {
  return createStore<EditorUi>(() => ({
    palette: roomy,
    inspector: roomy,
    problems: false,
    plan: false,
    versions: false,
    code: false,
    help: false,
    view: null,
    insert: null,
    focusSearch: 0,
    focusName: 0,
  }));
}

export function toggle(ui: UiStore, panel: Panel): void {
  ui.setState((state) => ({ [panel]: !state[panel] }));
}

export const UiContext = createContext<UiStore | null>(null);

export function useUi(): UiStore {
  const ui = useContext(UiContext);
  if (!ui) throw new Error("useUi outside of the editor");
  return ui;
}

export function useUiState<T>(select: (state: EditorUi) => T): T {
  return useStore(useUi(), select);
}
