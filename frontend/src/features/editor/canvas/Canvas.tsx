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
import { type DragEvent, type MouseEvent as ReactMouseEvent, useCallback, useEffect, useMemo, useState } from "react";
import { useStore } from "zustand";

import { NODE_SIZE } from "@/graph/rows";
import type { Translate } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";
import { notifyError } from "@/shared/notify";

import { addOperator, type Loose } from "../actions/add";
import { setCollapsed } from "../actions/groups";
import { useAct } from "../actions/useActions";
import { OPERATOR_MIME } from "../palette/drag";
import { useSession, useSessionState } from "../session/context";
import { useUi } from "../ui";
import classes from "./Canvas.module.css";
import { createCanvasStore } from "./canvasStore";
import { connectEdits, describeConnection, judge, looseEnd, targetUnder, toConnections, type Wanted } from "./connecting";
import type { ShapeFlowEdge } from "./flow";
import { BlockNode } from "./BlockNode";
import { FrameNode } from "./FrameNode";
import { OpNode } from "./OpNode";
import { QuickInsert } from "./QuickInsert";
import { ShapeEdge } from "./ShapeEdge";
import { useCanvasView } from "./useCanvasView";

const nodeTypes = { op: OpNode, block: BlockNode, frame: FrameNode };
const edgeTypes = { shape: ShapeEdge };

/** What React Flow tells screen readers. */
function canvasWords(t: Translate) {
  const node = t("Press Enter or Space to select a node, arrow keys to move it, Delete to remove it, Escape to cancel.");
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
  const act = useAct();
  const scheme = useComputedColorScheme("light");
  const [canvas] = useState(() => createCanvasStore(session));
  const { nodes, edges } = useStore(canvas.store);
  const isEmpty = useSessionState((state) => state.graph.nodes.length === 0);
  const flow = useReactFlow();
  const [over, setOver] = useState(false);
  const open = useCanvasView();
  const words = useMemo(() => canvasWords(t), [t]);
  useEffect(() => canvas.follow(), [canvas]);

  const refuse = useCallback((reason: string) => notifyError(new Error(reason), t("These do not connect")), [t]);
  const connect = useCallback(
    (wanted: Wanted, instead?: ShapeFlowEdge) => {
      const connections = toConnections(session, wanted);
      const verdict = judge(session, wanted);
      const [first] = connections;
      if (!verdict.ok) refuse(verdict.reason);
      else if (first) act(describeConnection(first), connectEdits(session, connections, instead));
    },
    [session, act, refuse],
  );

  function onConnectEnd(event: MouseEvent | TouchEvent, state: FinalConnectionState): void {
    if (state.isValid === true) return;
    const target = targetUnder(session, event, state);
    if (target) connect(target);
    else offerAt(event, looseEnd(session, state));
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
        onPaneClick={(event) => {
          if (event.detail === 2) offerAt(event, null);
        }}
        onPaneMouseMove={(event) => ui.getState().view?.follow({ x: event.clientX, y: event.clientY })}
        onPaneMouseLeave={() => ui.getState().view?.follow(null)}
        onReconnect={(edge, wanted) => connect(wanted, edge)}
        isValidConnection={(wanted) => judge(session, wanted).ok}
        onInit={open}
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
        onlyRenderVisibleElements={nodes.length > 150}
        elevateNodesOnSelect={false}
        aria-label={t("Network")}
        ariaLabelConfig={words}
      >
        <Background gap={22} size={1.4} />
        <MiniMap pannable zoomable style={{ width: 132, height: 92 }} nodeBorderRadius={14} nodeColor="var(--nw-line-strong)" nodeStrokeWidth={0} ariaLabel={t("Map of the network")} />
      </ReactFlow>
      <QuickInsert />
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
