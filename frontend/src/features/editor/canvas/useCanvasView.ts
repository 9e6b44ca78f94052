import { useReactFlow, useStoreApi, type Viewport } from "@xyflow/react";
import { useCallback, useEffect, useRef } from "react";

import type { Graph, Position } from "@/api/types";
import { foldOf, itemPosition } from "@/graph/fold";
import { findGroup } from "@/graph/groups";
import { findNode, positionOf } from "@/graph/model";
import { NODE_SIZE } from "@/graph/rows";
import { motion } from "@/shared/motion";

import { useSession } from "../session/context";
import { useUi } from "../ui";

/** Smaller than this, names cannot be read: then the beginning of the graph is shown instead of all of it. */
const READABLE = 0.8;
const MARGIN = 36;

/** A node that was out of sight is drawn only when the view has come to it. */
function focusNode(id: string, tries = 30): void {
  const node = document.querySelector<HTMLElement>(`.react-flow__node[data-id="${id}"]`);
  if (node) node.focus({ preventScroll: true });
  else if (tries > 0) requestAnimationFrame(() => focusNode(id, tries - 1));
}

/** Where a tab had left a drawing, so that it comes back to that place. */
const placeOf = (projectId: string): string => `netwright-view-${projectId}`;

function recallView(projectId: string): Viewport | null {
  try {
    const { x, y, zoom } = JSON.parse(sessionStorage.getItem(placeOf(projectId)) ?? "null") as Viewport;
    return [x, y, zoom].every(Number.isFinite) ? { x, y, zoom } : null;
  } catch {
    return null; // nothing kept, or something else
  }
}

export function keepView(projectId: string, { x, y, zoom }: Viewport): void {
  sessionStorage.setItem(placeOf(projectId), JSON.stringify({ x, y, zoom }));
}

/** Hands the canvas to the rest of the editor; returns how to show the graph when it is opened. */
export function useCanvasView(): () => void {
  const flow = useReactFlow();
  const size = useStoreApi();
  const session = useSession();
  const ui = useUi();
  const pointer = useRef<{ x: number; y: number } | null>(null);

  useEffect(() => {
    const place = (id: string): Position => {
      const { graph } = session.store.getState();
      return itemPosition(graph, foldOf(graph, session.operators), id);
    };
    const centreOn = (id: string, zoom: number): void => {
      const [x, y] = place(id);
      void flow.setCenter(x + NODE_SIZE.width / 2, y + NODE_SIZE.height / 2, { zoom, duration: motion(250) });
    };
    ui.setState({
      view: {
        fit: () => void flow.fitView({ padding: 0.08, maxZoom: 1.1, duration: motion(200) }),
        zoom: (factor) => void flow.zoomTo(flow.getZoom() * factor, { duration: motion(120) }),
        centre: () => {
          const { x, y, zoom } = flow.getViewport();
          const { width, height } = size.getState();
          return [(width / 2 - x) / zoom - NODE_SIZE.width / 2, (height / 2 - y) / zoom - NODE_SIZE.height / 2];
        },
        follow: (at) => {
          pointer.current = at;
        },
        insertAtPointer: () => {
          const at = pointer.current;
          if (!at) return false;
          const { x, y } = flow.screenToFlowPosition(at);
          ui.setState({ insert: { at, place: [x, y], loose: null } });
          return true;
        },
        reveal: (id) => {
          const { graph } = session.store.getState();
          if (!findNode(graph, id) && !findGroup(graph, id)) return;
          session.uncover(id);
          centreOn(id, Math.max(flow.getZoom(), 0.8));
          focusNode(id);
        },
        show: (id) => {
          const { x, y, zoom } = flow.getViewport();
          const { width, height } = size.getState();
          const [nodeX, nodeY] = place(id);
          const left = nodeX * zoom + x;
          const top = nodeY * zoom + y;
          const visible =
            left >= 0 && top >= 0 && left + NODE_SIZE.width * zoom <= width && top + NODE_SIZE.height * zoom <= height;
          if (!visible) centreOn(id, zoom);
        },
        go: (id) => {
          ui.getState().view?.show(id);
          focusNode(id);
        },
      },
    });
    return () => ui.setState({ view: null });
  }, [flow, size, session, ui]);

  return useCallback(() => {
    const { graph, projectId } = session.store.getState();
    if (graph.nodes.length === 0) return;
    void flow.setViewport(recallView(projectId) ?? overview(graph, size.getState()));
    // Whoever comes from a problem elsewhere wants to see its node.
    const [only] = session.store.getState().selection.nodes;
    if (only !== undefined) ui.getState().view?.show(only);
  }, [flow, size, session, ui]);
}

/** All of the graph, or its beginning where all of it could not be read. */
function overview(graph: Graph, { width, height }: { width: number; height: number }): Viewport {
  const spots = graph.nodes.map((node) => positionOf(graph, node.id));
  const left = Math.min(...spots.map(([x]) => x));
  const top = Math.min(...spots.map(([, y]) => y));
  const wide = Math.max(...spots.map(([x]) => x)) - left + NODE_SIZE.width;
  const high = Math.max(...spots.map(([, y]) => y)) - top + NODE_SIZE.height;
  const fitting = Math.min((width - 2 * MARGIN) / wide, (height - 2 * MARGIN) / high);
  const zoom = Math.min(1.1, Math.max(READABLE, fitting));
  const x = wide * zoom > width - 2 * MARGIN ? MARGIN - left * zoom : width / 2 - (left + wide / 2) * zoom;
  const y = high * zoom > height - 2 * MARGIN ? MARGIN - top * zoom : height / 2 - (top + high / 2) * zoom;
  return { x, y, zoom };
}
