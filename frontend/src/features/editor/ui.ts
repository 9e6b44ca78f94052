import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";

import type { Fix, Position, Problem } from "@/api/types";
import type { GraphEdit } from "@/graph/edits";

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
  /** The same, and the keyboard goes to it. */
  go: (id: string) => void;
}

/** A place in the window. */
export interface Point {
  x: number;
  y: number;
}

/** A connection that was refused: why, what would make it work, and what it was. */
export interface Refused {
  at: Point;
  /** "Connect conv1 to data of fc1" */
  label: string;
  problem: Pick<Problem, "message" | "wanted" | "got" | "remedy">;
  mends: readonly Fix[];
  /** What a mend does not hold: the connections that are taken away for this one. */
  before: readonly GraphEdit[];
  /** The edits without a mend; null where the graph cannot hold such a connection at all. */
  anyway: readonly GraphEdit[] | null;
}

/** A port of something that is drawn. */
export interface PortMark {
  node: string;
  handle: string;
}

/** A port that was tapped and waits for its other end. */
export interface Tapped extends PortMark {
  type: "source" | "target";
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
  /** The network as a list, in the palette's place. */
  outline: boolean;
  inspector: boolean;
  problems: boolean;
  plan: boolean;
  versions: boolean;
  code: boolean;
  help: boolean;
  view: CanvasView | null;
  /** Where a new node is being chosen for, if anywhere. */
  insert: Insert | null;
  refused: Refused | null;
  /** The node or block whose connections are shown, for the keyboard. */
  ports: string | null;
  /** The port that is meant while one chooses by keys. */
  mark: PortMark | null;
  tapped: Tapped | null;
  /** Stops the layout that is being worked out. */
  stopArranging: (() => void) | null;
  /** Grows by one whenever something asks for the keyboard to go there. */
  focusSearch: number;
  focusName: number;
  /** How far such wishes were followed; a field that appears follows the last one. */
  nameSeen: number;
}

export type UiStore = StoreApi<EditorUi>;

export type Panel = "palette" | "outline" | "inspector" | "problems" | "plan" | "versions" | "code" | "help";

/** Side panels start open where there is room for them. */
export function createUi(roomy: boolean): UiStore {
  return createStore<EditorUi>(() => ({
    palette: roomy,
    outline: false,
    inspector: roomy,
    problems: false,
    plan: false,
    versions: false,
    code: false,
    help: false,
    view: null,
    insert: null,
    refused: null,
    ports: null,
    mark: null,
    tapped: null,
    stopArranging: null,
    focusSearch: 0,
    focusName: 0,
    nameSeen: 0,
  }));
}

/** Palette and outline share a place: one of them is seen. */
const instead: Partial<Record<Panel, Panel>> = { palette: "outline", outline: "palette" };

export function toggle(ui: UiStore, panel: Panel): void {
  const other = instead[panel];
  ui.setState((state) => ({ [panel]: !state[panel], ...(other ? { [other]: false } : {}) }));
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
