import { type FinalConnectionState, type Node, useReactFlow, type Viewport } from "@xyflow/react";
import { type MouseEvent as ReactMouseEvent, useCallback, useMemo, useRef } from "react";

import type { Loose } from "../actions/add";
import { setCollapsed } from "../actions/groups";
import { useJoin } from "../connect/useJoin";
import { useTapConnect } from "../connect/useTapConnect";
import { useSession } from "../session/context";
import { type Point, useUi } from "../ui";
import type { CanvasStore } from "./canvasStore";
import { judge, looseEnd, portUnder, type Start, targetUnder, toConnections, type Wanted } from "./connecting";
import type { DrawnNode, ShapeFlowEdge } from "./flow";
import { keepView } from "./useCanvasView";

/**
 * What happens when React Flow tells of something, by the names of its properties. All of it stays the same from drawing
 * to drawing: a property that is another function makes React Flow draw every node and line again.
 */
export function useHandlers(canvas: CanvasStore) {
  const session = useSession();
  const ui = useUi();
  const join = useJoin();
  const flow = useReactFlow();
  const pointer = useRef<Point>({ x: 0, y: 0 });

  const connect = useCallback(
    (wanted: Wanted, instead?: ShapeFlowEdge) => {
      void join({ connections: toConnections(session, wanted), at: pointer.current, instead });
    },
    [session, join],
  );
  const connectTapped = useCallback(
    (start: Start, { nativeEvent }: ReactMouseEvent) => {
      const target = targetUnder(session, nativeEvent, start);
      if (target) connect(target);
    },
    [session, connect],
  );
  const tap = useTapConnect(connectTapped);
  const notePointer = useCallback(({ clientX: x, clientY: y }: { clientX: number; clientY: number }) => {
    pointer.current = { x, y };
  }, []);

  const told = useMemo(() => {
    /** Lets a person choose a new node for a place. */
    function offerAt(event: MouseEvent | TouchEvent | ReactMouseEvent, loose: Loose | null): void {
      const point = "changedTouches" in event ? event.changedTouches[0] : event;
      if (!point || !(event.target instanceof Element) || event.target.closest(".react-flow__node")) return;
      const at = { x: point.clientX, y: point.clientY };
      const { x, y } = flow.screenToFlowPosition(at);
      ui.setState({ insert: { at, place: [x, y], loose } });
    }

    return {
      onNodesChange: canvas.onNodesChange,
      onEdgesChange: canvas.onEdgesChange,
      onNodeDragStart: canvas.startDrag,
      onNodeDragStop: (_event: unknown, _node: Node, moved: DrawnNode[]) => canvas.endDrag(moved),
      onSelectionDragStart: canvas.startDrag,
      onSelectionDragStop: (_event: unknown, moved: DrawnNode[]) => canvas.endDrag(moved),
      onConnect: connect,
      onConnectEnd(event: MouseEvent | TouchEvent, state: FinalConnectionState): void {
        if (state.isValid === true || !state.fromHandle) return;
        const target = targetUnder(session, event, state.fromHandle, state.toHandle);
        if (target) connect(target);
        else offerAt(event, looseEnd(session, state));
      },
      onClickConnectStart: tap.onStart,
      /** The second tap was on a port: one that takes the line told `onConnect` of it; one of the same side means its node. */
      onClickConnectEnd(event: MouseEvent | TouchEvent): void {
        const { tapped } = ui.getState();
        tap.cancel();
        const end = portUnder(event);
        if (!tapped || !end || end.nodeId === tapped.node) return;
        const other = end.type === tapped.type ? null : end;
        const target = targetUnder(session, event, { nodeId: tapped.node, id: tapped.handle || null, type: tapped.type }, other);
        if (target && (!other || !judge(session, target).ok)) connect(target);
      },
      onReconnect: (edge: ShapeFlowEdge, wanted: Wanted) => connect(wanted, edge),
      isValidConnection: (wanted: Wanted) => judge(session, wanted).ok,
      onNodeClick: (event: ReactMouseEvent, { id }: Node) => void tap.onNode(event, id),
      onNodeDoubleClick(_event: unknown, { id, type }: Node): void {
        if (type === "op") ui.setState({ inspector: true });
        else setCollapsed(session, id, type === "frame");
      },
      onPaneClick(event: ReactMouseEvent): void {
        tap.cancel();
        if (event.detail === 2) offerAt(event, null);
      },
      onPaneMouseMove: (event: ReactMouseEvent) => ui.getState().view?.follow({ x: event.clientX, y: event.clientY }),
      onPaneMouseLeave: () => ui.getState().view?.follow(null),
      onMoveEnd: (_event: unknown, viewport: Viewport) => keepView(session.store.getState().projectId, viewport),
    };
  }, [canvas, session, ui, flow, connect, tap]);

  return { told, cancelTap: tap.cancel, notePointer };
}
