import "@xyflow/react/dist/style.css";

import {
  Background,
  type FinalConnectionState,
  MiniMap,
  ReactFlow,
  SelectionMode,
  useReactFlow,
} from "@xyflow/react";
import { useComputedColorScheme } from "@mantine/core";
import { MousePointerClick } from "lucide-react";
import { type DragEvent, type MouseEvent as ReactMouseEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";

import { NODE_SIZE } from "@/graph/rows";
import type { Translate } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";

import { addOperator, type Loose } from "../actions/add";
import { setCollapsed } from "../actions/groups";
import { PortsPanel } from "../connect/PortsPanel";
import { Refusal } from "../connect/Refusal";
import { useJoin } from "../connect/useJoin";
import { useTapConnect } from "../connect/useTapConnect";
import { OPERATOR_MIME } from "../palette/drag";
import { useSession, useSessionState } from "../session/context";
import { type Point, useUi } from "../ui";
import { Arranging } from "./Arranging";
import classes from "./Canvas.module.css";
import { CanvasHints } from "./CanvasHints";
import { createCanvasStore } from "./canvasStore";
import { judge, looseEnd, portUnder, type Start, targetUnder, toConnections, type Wanted } from "./connecting";
import type { ShapeFlowEdge } from "./flow";
import { BlockNode } from "./BlockNode";
import { FrameNode } from "./FrameNode";
import { OpNode } from "./OpNode";
import { QuickInsert } from "./QuickInsert";
import { ShapeEdge } from "./ShapeEdge";
import { keepView, useCanvasView } from "./useCanvasView";
import { usePortMark } from "./usePortMark";

/** From so many nodes on only those in sight are drawn. */
const MANY = 40;

const nodeTypes = { op: OpNode, block: BlockNode, frame: FrameNode };
const edgeTypes = { shape: ShapeEdge };

/** What React Flow tells screen readers. */
function canvasWords(t: Translate) {
  const node = t(
    "Press Enter or Space to select a node, arrow keys to move it, J for its connections, Alt with arrow keys to go along them, Delete to remove it, Escape to cancel.",
  );
  return {
    "node.a11yDescription.default": node,
    "node.a11yDescription.keyboardDisabled": node,
    "node.a11yDescription.ariaLiveMessage": ({ x, y }: { x: number; y: number }) => t("Moved to {{x}}, {{y}}", { x, y }),
    "edge.a11yDescription.default": t("Press Enter or Space to select a connection, Delete to remove it, Escape to cancel."),
    "minimap.ariaLabel": t("Map of the network"),
    "handle.ariaLabel": t("Port"),
  };
}

/** The drawing. React Flow shows and reports; what happens is decided by the session. */
export function Canvas() {
  const { t } = useTranslation();
  const session = useSession();
  const ui = useUi();
  const join = useJoin();
  const scheme = useComputedColorScheme("light");
  const [canvas] = useState(() => createCanvasStore(session));
  const { nodes, edges } = useStore(canvas.store);
  const isEmpty = useSessionState((state) => state.graph.nodes.length === 0);
  const flow = useReactFlow();
  const [over, setOver] = useState(false);
  const open = useCanvasView();
  const words = useMemo(() => canvasWords(t), [t]);
  useEffect(() => canvas.follow(), [canvas]);

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
  usePortMark();

  function onConnectEnd(event: MouseEvent | TouchEvent, state: FinalConnectionState): void {
    if (state.isValid === true || !state.fromHandle) return;
    const target = targetUnder(session, event, state.fromHandle, state.toHandle);
    if (target) connect(target);
    else offerAt(event, looseEnd(session, state));
  }

  /** The second tap was on a port: one that takes the line told `onConnect` of it; one of the same side means its node. */
  function onTapEnd(event: MouseEvent | TouchEvent): void {
    const { tapped } = ui.getState();
    tap.cancel();
    const end = portUnder(event);
    if (!tapped || !end || end.nodeId === tapped.node) return;
    const other = end.type === tapped.type ? null : end;
    const target = targetUnder(session, event, { nodeId: tapped.node, id: tapped.handle || null, type: tapped.type }, other);
    if (target && (!other || !judge(session, target).ok)) connect(target);
  }

  /** Lets a person choose a new node for a place. */
  function offerAt(event: MouseEvent | TouchEvent | ReactMouseEvent, loose: Loose | null): void {
    const point = "changedTouches" in event ? event.changedTouches[0] : event;
    if (!point || !(event.target instanceof Element) || event.target.closest(".react-flow__node")) return;
    const at = { x: point.clientX, y: point.clientY };
    const { x, y } = flow.screenToFlowPosition(at);
    ui.setState({ insert: { at, place: [x, y], loose } });
  }

  function onDrop(event: DragEvent): void {
    setOver(false);
    const operator = session.operators.get(event.dataTransfer.getData(OPERATOR_MIME));
    if (!operator) return;
    event.preventDefault();
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    addOperator(session, operator, [x - NODE_SIZE.width / 2, y - NODE_SIZE.height / 2], [x, y]);
  }

  return (
    <div
      className={`${classes["canvas"] ?? ""} ${over ? (classes["over"] ?? "") : ""}`}
      onPointerUpCapture={({ clientX: x, clientY: y }) => {
        pointer.current = { x, y };
      }}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(OPERATOR_MIME)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={canvas.onNodesChange}
        onEdgesChange={canvas.onEdgesChange}
        onNodeDragStart={canvas.startDrag}
        onNodeDragStop={(_event, _node, moved) => canvas.endDrag(moved)}
        onSelectionDragStart={canvas.startDrag}
        onSelectionDragStop={(_event, moved) => canvas.endDrag(moved)}
        onConnect={connect}
        onConnectEnd={onConnectEnd}
        onClickConnectStart={tap.onStart}
        onClickConnectEnd={onTapEnd}
        onNodeClick={(event, { id }) => void tap.onNode(event, id)}
        onPaneClick={(event) => {
          tap.cancel();
          if (event.detail === 2) offerAt(event, null);
        }}
        onPaneMouseMove={(event) => ui.getState().view?.follow({ x: event.clientX, y: event.clientY })}
        onPaneMouseLeave={() => ui.getState().view?.follow(null)}
        onReconnect={(edge, wanted) => connect(wanted, edge)}
        isValidConnection={(wanted) => judge(session, wanted).ok}
        onInit={open}
        onMoveEnd={(_event, viewport) => keepView(session.store.getState().projectId, viewport)}
        onNodeDoubleClick={(_event, { id, type }) => {
          if (type === "op") ui.setState({ inspector: true });
          else setCollapsed(session, id, type === "frame");
        }}
        colorMode={scheme}
        deleteKeyCode={null}
        multiSelectionKeyCode={["Control", "Meta", "Shift"]}
        selectionKeyCode="Shift"
        selectionMode={SelectionMode.Partial}
        minZoom={0.08}
        maxZoom={2}
        connectionRadius={26}
        nodeDragThreshold={2}
        zoomOnDoubleClick={false}
        onlyRenderVisibleElements={nodes.length > MANY}
        elevateNodesOnSelect={false}
        aria-label={t("Network")}
        ariaLabelConfig={words}
      >
        <Background gap={22} size={1.4} />
        <MiniMap pannable zoomable style={{ width: 132, height: 92 }} nodeBorderRadius={14} nodeColor="var(--nw-line-strong)" nodeStrokeWidth={0} ariaLabel={t("Map of the network")} />
      </ReactFlow>
      <CanvasHints onCancelTap={tap.cancel} />
      <Arranging />
      <QuickInsert />
      <PortsPanel />
      <Refusal />
      {isEmpty ? (
        <div className={classes["empty"]}>
          <EmptyState
            icon={MousePointerClick}
            title={t("An empty canvas")}
            text={t("Drag operators here from the palette, or press / and type a name. Start with Input.")}
          />
        </div>
      ) : null}
    </div>
  );
}
