import {
  AlignHorizontalJustifyCenter,
  AlignStartHorizontal,
  AlignStartVertical,
  BoxSelect,
  CircleHelp,
  ClipboardPaste,
  Copy,
  CopyPlus,
  Download,
  ListTree,
  type LucideIcon,
  Maximize,
  PanelLeft,
  PanelRight,
  Pencil,
  Redo2,
  Scissors,
  Search,
  Trash2,
  TriangleAlert,
  Undo2,
  WandSparkles,
  X,
  ZoomIn,
  ZoomOut,
} from "lucide-react";

import { type Alignment, align } from "@/graph/spots";

import type { Session, SessionState } from "../session/session";
import { toggle, type UiStore } from "../ui";
import { arrangeGraph } from "./arrange";
import { copySelection, duplicateSelection, pasteText, readClipboard, writeClipboard } from "./clipboard";
import { deleteSelection } from "./delete";
import { downloadGraph } from "./download";

export interface ActionContext {
  session: Session;
  ui: UiStore;
}

export type ActionGroup = "Edit" | "Select" | "Arrange" | "View";

/** One thing a person can do; toolbar, menu, shortcuts and the list of shortcuts are all made from it. */
export interface Action {
  id: string;
  label: string;
  icon: LucideIcon;
  group: ActionGroup;
  /** The first is the one shown. */
  shortcuts: string[];
  /** The browser's own clipboard keys: their events are listened to, the keys are not. */
  native?: boolean;
  enabled: (state: SessionState) => boolean;
  /** A label that says more about this moment: "Undo Add conv1". */
  hint?: (state: SessionState) => string;
  perform: (context: ActionContext) => void | Promise<void>;
}

const always = (): boolean => true;
const someNodes = (state: SessionState): boolean => state.selection.nodes.size > 0;
const someSelected = (state: SessionState): boolean => state.selection.nodes.size + state.selection.edges.size > 0;
const someGraph = (state: SessionState): boolean => state.graph.nodes.length > 0;

async function copy({ session }: ActionContext): Promise<void> {
  const text = copySelection(session);
  if (text !== null) await writeClipboard(text);
}

function alignment(id: string, label: string, icon: LucideIcon, how: Alignment): Action {
  return {
    id,
    label,
    icon,
    group: "Arrange",
    shortcuts: [],
    enabled: (state) => state.selection.nodes.size > 1,
    perform: ({ session }) => {
      const { graph, selection } = session.store.getState();
      session.act(label, [{ type: "move-nodes", positions: align(graph, [...selection.nodes], how) }]);
    },
  };
}

export const actions: Action[] = [
  {
    id: "undo",
    label: "Undo",
    icon: Undo2,
    group: "Edit",
    shortcuts: ["mod+z"],
    enabled: (state) => state.history.past.length > 0,
    hint: (state) => `Undo: ${state.history.past.at(-1)?.label ?? "nothing"}`,
    perform: ({ session }) => void session.undo(),
  },
  {
    id: "redo",
    label: "Redo",
    icon: Redo2,
    group: "Edit",
    shortcuts: ["mod+shift+z", "mod+y"],
    enabled: (state) => state.history.future.length > 0,
    hint: (state) => `Redo: ${state.history.future[0]?.label ?? "nothing"}`,
    perform: ({ session }) => void session.redo(),
  },
  {
    id: "cut",
    label: "Cut",
    icon: Scissors,
    group: "Edit",
    shortcuts: ["mod+x"],
    native: true,
    enabled: someNodes,
    perform: async (context) => {
      await copy(context);
      deleteSelection(context.session);
    },
  },
  {
    id: "copy",
    label: "Copy",
    icon: Copy,
    group: "Edit",
    shortcuts: ["mod+c"],
    native: true,
    enabled: someNodes,
    perform: copy,
  },
  {
    id: "paste",
    label: "Paste",
    icon: ClipboardPaste,
    group: "Edit",
    shortcuts: ["mod+v"],
    native: true,
    enabled: always,
    perform: async ({ session }) => void pasteText(session, await readClipboard()),
  },
  {
    id: "duplicate",
    label: "Duplicate",
    icon: CopyPlus,
    group: "Edit",
    shortcuts: ["mod+d"],
    enabled: someNodes,
    perform: ({ session }) => duplicateSelection(session),
  },
  {
    id: "rename",
    label: "Rename",
    icon: Pencil,
    group: "Edit",
    shortcuts: ["f2"],
    enabled: (state) => state.selection.nodes.size === 1,
    perform: ({ ui }) => ui.setState((state) => ({ inspector: true, focusName: state.focusName + 1 })),
  },
  {
    id: "delete",
    label: "Delete",
    icon: Trash2,
    group: "Edit",
    shortcuts: ["delete", "backspace"],
    enabled: someSelected,
    perform: ({ session }) => deleteSelection(session),
  },
  {
    id: "select-all",
    label: "Select all",
    icon: BoxSelect,
    group: "Select",
    shortcuts: ["mod+a"],
    enabled: someGraph,
    perform: ({ session }) => session.select(session.store.getState().graph.nodes.map((node) => node.id)),
  },
  {
    id: "deselect",
    label: "Select nothing",
    icon: X,
    group: "Select",
    shortcuts: ["escape"],
    enabled: someSelected,
    perform: ({ session }) => session.select([]),
  },
  {
    id: "arrange",
    label: "Arrange",
    icon: WandSparkles,
    group: "Arrange",
    shortcuts: ["l"],
    enabled: someGraph,
    perform: async ({ session, ui }) => {
      await arrangeGraph(session);
      ui.getState().view?.fit();
    },
  },
  alignment("align-left", "Align left", AlignStartVertical, "left"),
  alignment("align-centre", "Align centres", AlignHorizontalJustifyCenter, "centre"),
  alignment("align-top", "Align top", AlignStartHorizontal, "top"),
  {
    id: "fit",
    label: "Fit to view",
    icon: Maximize,
    group: "View",
    shortcuts: ["f"],
    enabled: someGraph,
    perform: ({ ui }) => ui.getState().view?.fit(),
  },
  {
    id: "zoom-in",
    label: "Zoom in",
    icon: ZoomIn,
    group: "View",
    shortcuts: ["+", "="],
    enabled: always,
    perform: ({ ui }) => ui.getState().view?.zoom(1.25),
  },
  {
    id: "zoom-out",
    label: "Zoom out",
    icon: ZoomOut,
    group: "View",
    shortcuts: ["-"],
    enabled: always,
    perform: ({ ui }) => ui.getState().view?.zoom(0.8),
  },
  {
    id: "search",
    label: "Find an operator",
    icon: Search,
    group: "View",
    shortcuts: ["/"],
    enabled: always,
    perform: ({ ui }) => ui.setState((state) => ({ palette: true, focusSearch: state.focusSearch + 1 })),
  },
  {
    id: "problems",
    label: "Problems",
    icon: TriangleAlert,
    group: "View",
    shortcuts: ["e"],
    enabled: always,
    perform: ({ ui }) => toggle(ui, "problems"),
  },
  {
    id: "plan",
    label: "Plan",
    icon: ListTree,
    group: "View",
    shortcuts: ["p"],
    enabled: someGraph,
    perform: ({ ui }) => toggle(ui, "plan"),
  },
  {
    id: "palette",
    label: "Show or hide the palette",
    icon: PanelLeft,
    group: "View",
    shortcuts: ["["],
    enabled: always,
    perform: ({ ui }) => toggle(ui, "palette"),
  },
  {
    id: "inspector",
    label: "Show or hide the inspector",
    icon: PanelRight,
    group: "View",
    shortcuts: ["]"],
    enabled: always,
    perform: ({ ui }) => toggle(ui, "inspector"),
  },
  {
    id: "download",
    label: "Download as JSON",
    icon: Download,
    group: "View",
    shortcuts: [],
    enabled: someGraph,
    perform: ({ session }) => downloadGraph(session),
  },
  {
    id: "help",
    label: "Keyboard shortcuts",
    icon: CircleHelp,
    group: "View",
    shortcuts: ["?"],
    enabled: always,
    perform: ({ ui }) => toggle(ui, "help"),
  },
];

export function findAction(id: string): Action {
  const action = actions.find((one) => one.id === id);
  if (!action) throw new Error(`there is no action ${id}`);
  return action;
}

