import { createStore, type StoreApi } from "zustand/vanilla";

import type { CheckReport, Graph, OperatorInfo, Palette, Problem, Project, TrainSettings } from "@/api/types";
import { applyEdits, type GraphEdit } from "@/graph/edits";
import { emptyHistory, type History, redo, remember, undo } from "@/graph/history";
import { roomForFrames } from "@/graph/fold";
import { findGroup, groupsAround } from "@/graph/groups";
import { findConnection, findNode } from "@/graph/model";
import { completeLayout } from "@/graph/rows";
import { t } from "@/i18n";
import { isSame } from "@/shared/same";

import { shareReport } from "./shareReport";

/** What undo takes back and forth. */
export interface Drawing {
  graph: Graph;
  dataset: string | null;
}

export interface Selection {
  nodes: ReadonlySet<string>;
  /** Connections by id: "fc1.data". */
  edges: ReadonlySet<string>;
}

export type SaveState = "saved" | "dirty" | "saving" | "failed" | "conflict";

export interface SessionState extends Drawing {
  readonly projectId: string;
  name: string;
  settings: TrainSettings;
  revision: number;
  history: History<Drawing>;
  selection: Selection;
  report: CheckReport | null;
  problems: ReadonlyMap<string, Problem[]>;
  check: "waiting" | "done" | "failed";
  save: SaveState;
  saveError: Error | null;
}

export interface ActOptions {
  /** Actions with one key in quick succession are one step of undo. */
  key?: string;
  /** What is selected afterwards. */
  select?: Iterable<string>;
}

/** One open project: its drawing, what can be done to it, and what is known about it. */
export interface Session {
  readonly store: StoreApi<SessionState>;
  readonly operators: ReadonlyMap<string, OperatorInfo>;
  readonly palette: Palette;
  /** Applies a named user action; throws `EditError`, and changes nothing, when an edit does not fit. */
  act(label: string, edits: readonly GraphEdit[], options?: ActOptions): void;
  chooseDataset(dataset: string | null): void;
  setSettings(settings: TrainSettings): void;
  setName(name: string): void;
  undo(): string | null;
  redo(): string | null;
  select(nodes: Iterable<string>, edges?: Iterable<string>): void;
  setReport(report: CheckReport): void;
  /** Opens the collapsed groups around a node, without a step of undo, so that it can be seen. */
  uncover(id: string): void;
  /** Places nodes without a step of undo: for a layout nobody asked for. */
  place(layout: Graph["layout"]): void;
  /** Takes in an earlier version, as a step that can be undone. */
  restore(label: string, version: Pick<Project, "graph" | "dataset" | "settings">): void;
  /** Takes in what the server holds now, as a step that can be undone. */
  takeOver(project: Project): void;
}

const nothing: Selection = { nodes: new Set(), edges: new Set() };

export function createSession(project: Project, palette: Palette, resumed: Partial<SessionState> = {}): Session {
  const store = createStore<SessionState>(() => ({
    projectId: project.id,
    name: project.name,
    graph: { ...project.graph, layout: completeLayout(project.graph) },
    dataset: project.dataset,
    settings: project.settings,
    revision: project.revision,
    history: emptyHistory(),
    selection: nothing,
    report: null,
    problems: new Map(),
    check: "waiting",
    save: "saved",
    saveError: null,
    ...resumed,
  }));
  const { getState, setState } = store;
  const { operators } = readPalette(palette);
  const drawing = (): Drawing => ({ graph: getState().graph, dataset: getState().dataset });

  function step(label: string, next: Drawing, { key, select }: ActOptions = {}): void {
    const history = remember(getState().history, drawing(), label, key ?? null);
    const wanted = select ? { nodes: new Set(select), edges: new Set<string>() } : getState().selection;
    setState({ ...next, history, selection: existing(wanted, next.graph) });
  }

  function travel(move: typeof undo<Drawing>): string | null {
    const moved = move(getState().history, drawing());
    if (!moved) return null;
    const selection = existing(getState().selection, moved.value.graph);
    setState({ ...moved.value, history: moved.history, selection });
    return moved.label;
  }

  return {
    store,
    palette,
    operators,
    act(label, edits, options) {
      const { graph, dataset } = getState();
      const next = applyEdits(graph, edits);
      if (next !== graph) step(label, { graph: next, dataset }, options);
    },
    chooseDataset(dataset) {
      if (dataset !== getState().dataset) step(t("Choose data set"), { graph: getState().graph, dataset });
    },
    setSettings: (settings) => setState({ settings }),
    setName: (name) => setState({ name }),
    undo: () => travel(undo),
    redo: () => travel(redo),
    select(nodes, edges = []) {
      const next = { nodes: new Set(nodes), edges: new Set(edges) };
      const now = getState().selection;
      if (!sameSet(now.nodes, next.nodes) || !sameSet(now.edges, next.edges)) setState({ selection: next });
    },
    setReport(fresh) {
      const report = shareReport(getState().report, fresh);
      setState({ report, problems: groupProblems(report.problems, getState().problems), check: "done" });
    },
    uncover(id) {
      const { graph } = getState();
      const around = groupsAround(graph, id);
      const closed = around.filter((group) => findGroup(graph, group)?.collapsed);
      if (closed.length === 0) return;
      const opened = applyEdits(graph, closed.map((group) => ({ type: "set-group", id: group, changes: { collapsed: false } })));
      const positions = roomForFrames(opened, operators, around);
      setState({ graph: applyEdits(opened, [{ type: "move-nodes", positions }]) });
    },
    place: (layout) => setState({ graph: applyEdits(getState().graph, [{ type: "move-nodes", positions: layout }]) }),
    restore(label, { graph, dataset, settings }) {
      step(label, { graph: { ...graph, layout: completeLayout(graph) }, dataset });
      setState({ settings });
    },
    takeOver(theirs) {
      step(t("Take the other version"), {
        graph: { ...theirs.graph, layout: completeLayout(theirs.graph) },
        dataset: theirs.dataset,
      });
      setState({ name: theirs.name, settings: theirs.settings, revision: theirs.revision });
    },
  };
}

function existing({ nodes, edges }: Selection, graph: Graph): Selection {
  const kept = {
    nodes: new Set([...nodes].filter((id) => findNode(graph, id) ?? findGroup(graph, id))),
    edges: new Set([...edges].filter((id) => findConnection(graph, id))),
  };
  return { nodes: sameSet(kept.nodes, nodes) ? nodes : kept.nodes, edges: sameSet(kept.edges, edges) ? edges : kept.edges };
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one));
}

/** Problems by node; lists that did not change stay the same object, so that their nodes are not drawn again. */
function groupProblems(problems: Problem[], old: ReadonlyMap<string, Problem[]>): ReadonlyMap<string, Problem[]> {
  const grouped = new Map<string, Problem[]>();
  for (const problem of problems) {
    if (problem.node !== null) grouped.set(problem.node, [...(grouped.get(problem.node) ?? []), problem]);
  }
  for (const [id, list] of grouped) {
    const before = old.get(id);
    if (before && isSame(before, list)) grouped.set(id, before);
  }
  return grouped;
}

/** The same open project with the operators told in other words. */
export function withPalette(session: Session, palette: Palette): Session {
  return session.palette === palette ? session : { ...session, ...readPalette(palette) };
}

function readPalette(palette: Palette): Pick<Session, "palette" | "operators"> {
  return { palette, operators: new Map(palette.operators.map((operator) => [operator.name, operator])) };
}
