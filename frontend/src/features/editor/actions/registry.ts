import {
  AlignHorizontalJustifyCenter,
  AlignStartHorizontal,
  AlignStartVertical,
  ArrowLeft,
  ArrowRight,
  BoxSelect,
  Cable,
  CircleHelp,
  ClipboardPaste,
  Code,
  Copy,
  CopyPlus,
  CornerLeftUp,
  CornerRightDown,
  Download,
  FoldVertical,
  Group,
  History,
  ListTree,
  type LucideIcon,
  Maximize,
  PanelLeft,
  PanelRight,
  Pencil,
  Redo2,
  Scissors,
  Search,
  TextQuote,
  Trash2,
  TriangleAlert,
  Undo2,
  Ungroup,
  WandSparkles,
  X,
  ZoomIn,
  ZoomOut,
} from "lucide-react";

import { foldOf, itemPosition, movesOf } from "@/graph/fold";
import { findNode } from "@/graph/model";
import { type Alignment, align } from "@/graph/spots";
import { type Message, msg, t } from "@/i18n";

import type { Way } from "../connect/walk";
import type { Session, SessionState } from "../session/session";
import { toggle, type UiStore } from "../ui";
import { arrangeGraph } from "./arrange";
import { copySelection, duplicateSelection, pasteText, readClipboard, writeClipboard } from "./clipboard";
import { deleteSelection } from "./delete";
import { goAlong, showConnections } from "./along";
import { downloadGraph } from "./download";
import { dissolveSelection, foldable, groupSelection, selectedGroups, toggleSelection } from "./groups";

export interface ActionContext {
  session: Session;
  ui: UiStore;
}

export type ActionGroup = "edit" | "select" | "arrange" | "view";

export const groupNames: Record<ActionGroup, Message> = {
  edit: msg("Edit"),
  select: msg("Select"),
  arrange: msg("Arrange"),
  view: msg("View"),
};

/** One thing a person can do; toolbar, menu, shortcuts and the list of shortcuts are all made from it. */
export interface Action {
  id: string;
  label: Message;
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

function alignment(id: string, label: Message, icon: LucideIcon, how: Alignment): Action {
  return {
    id,
    label,
    icon,
    group: "arrange",
    shortcuts: [],
    enabled: (state) => state.selection.nodes.size > 1,
    perform: ({ session }) => {
      const { graph, selection } = session.store.getState();
      const fold = foldOf(graph, session.operators);
      const places = [...selection.nodes].filter((id) => findNode(graph, id) ?? fold.blocks.has(id));
      const lined = align(Object.fromEntries(places.map((id) => [id, itemPosition(graph, fold, id)])), how);
      session.act(t(label), [{ type: "move-nodes", positions: movesOf(graph, fold, lined) }]);
    },
  };
}

/** Along the lines, by keys. */
function walk(id: string, label: Message, icon: LucideIcon, way: Way): Action {
  return {
    id,
    label,
    icon,
    group: "select",
    shortcuts: [`alt+arrow${way}`],
    enabled: someGraph,
    perform: ({ session, ui }) => goAlong(session, ui, way),
  };
}

export const actions: Action[] = [
  {
    id: "undo",
    label: msg("Undo"),
    icon: Undo2,
    group: "edit",
    shortcuts: ["mod+z"],
    enabled: (state) => state.history.past.length > 0,
    hint: (state) => t("Undo: {{action}}", { action: state.history.past.at(-1)?.label ?? t("nothing") }),
    perform: ({ session }) => void session.undo(),
  },
  {
    id: "redo",
    label: msg("Redo"),
    icon: Redo2,
    group: "edit",
    shortcuts: ["mod+shift+z", "mod+y"],
    enabled: (state) => state.history.future.length > 0,
    hint: (state) => t("Redo: {{action}}", { action: state.history.future[0]?.label ?? t("nothing") }),
    perform: ({ session }) => void session.redo(),
  },
  {
    id: "cut",
    label: msg("Cut"),
    icon: Scissors,
    group: "edit",
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
    label: msg("Copy"),
    icon: Copy,
    group: "edit",
    shortcuts: ["mod+c"],
    native: true,
    enabled: someNodes,
    perform: copy,
  },
  {
    id: "paste",
    label: msg("Paste"),
    icon: ClipboardPaste,
    group: "edit",
    shortcuts: ["mod+v"],
    native: true,
    enabled: always,
    perform: async ({ session }) => void pasteText(session, await readClipboard()),
  },
  {
    id: "duplicate",
    label: msg("Duplicate"),
    icon: CopyPlus,
    group: "edit",
    shortcuts: ["mod+d"],
    enabled: someNodes,
    perform: ({ session }) => duplicateSelection(session),
  },
  {
    id: "rename",
    label: msg("Rename"),
    icon: Pencil,
    group: "edit",
    shortcuts: ["f2"],
    enabled: (state) => state.selection.nodes.size === 1,
    perform: ({ ui }) => ui.setState((state) => ({ inspector: true, focusName: state.focusName + 1 })),
  },
  {
    id: "delete",
    label: msg("Delete"),
    icon: Trash2,
    group: "edit",
    shortcuts: ["delete", "backspace"],
    enabled: someSelected,
    perform: ({ session }) => deleteSelection(session),
  },
  {
    id: "versions",
    label: msg("Versions"),
    icon: History,
    group: "edit",
    shortcuts: ["v"],
    enabled: always,
    perform: ({ ui }) => toggle(ui, "versions"),
  },
  {
    id: "select-all",
    label: msg("Select all"),
    icon: BoxSelect,
    group: "select",
    shortcuts: ["mod+a"],
    enabled: someGraph,
    perform: ({ session }) => {
      const { nodes, blocks } = foldOf(session.store.getState().graph, session.operators);
      session.select([...nodes.map((node) => node.id), ...blocks.keys()]);
    },
  },
  {
    id: "deselect",
    label: msg("Select nothing"),
    icon: X,
    group: "select",
    shortcuts: ["escape"],
    enabled: someSelected,
    perform: ({ session }) => session.select([]),
  },
  {
    id: "connections",
    label: msg("Connections of the node"),
    icon: Cable,
    group: "select",
    shortcuts: ["j"],
    enabled: someGraph,
    perform: ({ session, ui }) => showConnections(session, ui),
  },
  walk("go-down", msg("Go to what reads it"), CornerRightDown, "down"),
  walk("go-up", msg("Go to what it reads"), CornerLeftUp, "up"),
  walk("go-left", msg("Go to the left neighbour"), ArrowLeft, "left"),
  walk("go-right", msg("Go to the right neighbour"), ArrowRight, "right"),
  {
    id: "group",
    label: msg("Group"),
    icon: Group,
    group: "arrange",
    shortcuts: ["mod+g"],
    enabled: someNodes,
    perform: ({ session }) => groupSelection(session),
  },
  {
    id: "ungroup",
    label: msg("Ungroup"),
    icon: Ungroup,
    group: "arrange",
    shortcuts: ["mod+shift+g"],
    enabled: (state) => selectedGroups(state).length > 0,
    perform: ({ session }) => dissolveSelection(session),
  },
  {
    id: "toggle-group",
    label: msg("Open or collapse the group"),
    icon: FoldVertical,
    group: "arrange",
    shortcuts: ["g"],
    enabled: (state) => foldable(state).length > 0,
    perform: ({ session }) => toggleSelection(session),
  },
  {
    id: "arrange",
    label: msg("Arrange"),
    icon: WandSparkles,
    group: "arrange",
    shortcuts: ["l"],
    enabled: someGraph,
    perform: async ({ session, ui }) => {
      if (await arrangeGraph(session, ui)) ui.getState().view?.fit();
    },
  },
  alignment("align-left", msg("Align left"), AlignStartVertical, "left"),
  alignment("align-centre", msg("Align centres"), AlignHorizontalJustifyCenter, "centre"),
  alignment("align-top", msg("Align top"), AlignStartHorizontal, "top"),
  {
    id: "fit",
    label: msg("Fit to view"),
    icon: Maximize,
    group: "view",
    shortcuts: ["f"],
    enabled: someGraph,
    perform: ({ ui }) => ui.getState().view?.fit(),
  },
  {
    id: "zoom-in",
    label: msg("Zoom in"),
    icon: ZoomIn,
    group: "view",
    shortcuts: ["+", "="],
    enabled: always,
    perform: ({ ui }) => ui.getState().view?.zoom(1.25),
  },
  {
    id: "zoom-out",
    label: msg("Zoom out"),
    icon: ZoomOut,
    group: "view",
    shortcuts: ["-"],
    enabled: always,
    perform: ({ ui }) => ui.getState().view?.zoom(0.8),
  },
  {
    id: "search",
    label: msg("Find an operator"),
    icon: Search,
    group: "view",
    shortcuts: ["/"],
    enabled: always,
    perform: ({ ui }) => {
      if (ui.getState().view?.insertAtPointer()) return;
      ui.setState((state) => ({ palette: true, outline: false, focusSearch: state.focusSearch + 1 }));
    },
  },
  {
    id: "outline",
    label: msg("Outline"),
    icon: TextQuote,
    group: "view",
    shortcuts: ["o"],
    enabled: always,
    perform: ({ ui }) => toggle(ui, "outline"),
  },
  {
    id: "problems",
    label: msg("Problems"),
    icon: TriangleAlert,
    group: "view",
    shortcuts: ["e"],
    enabled: always,
    perform: ({ ui }) => toggle(ui, "problems"),
  },
  {
    id: "plan",
    label: msg("Plan"),
    icon: ListTree,
    group: "view",
    shortcuts: ["p"],
    enabled: someGraph,
    perform: ({ ui }) => toggle(ui, "plan"),
  },
  {
    id: "code",
    label: msg("Code"),
    icon: Code,
    group: "view",
    shortcuts: ["c"],
    enabled: someGraph,
    perform: ({ ui }) => toggle(ui, "code"),
  },
  {
    id: "palette",
    label: msg("Show or hide the palette"),
    icon: PanelLeft,
    group: "view",
    shortcuts: ["["],
    enabled: always,
    perform: ({ ui }) => toggle(ui, "palette"),
  },
  {
    id: "inspector",
    label: msg("Show or hide the inspector"),
    icon: PanelRight,
    group: "view",
    shortcuts: ["]"],
    enabled: always,
    perform: ({ ui }) => toggle(ui, "inspector"),
  },
  {
    id: "download",
    label: msg("Download as JSON"),
    icon: Download,
    group: "view",
    shortcuts: [],
    enabled: someGraph,
    perform: ({ session }) => downloadGraph(session),
  },
  {
    id: "help",
    label: msg("Keyboard shortcuts"),
    icon: CircleHelp,
    group: "view",
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

