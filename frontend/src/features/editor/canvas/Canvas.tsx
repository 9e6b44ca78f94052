import "@xyflow/react/dist/style.css";

import { Background, MiniMap, ReactFlow, SelectionMode, useReactFlow } from "@xyflow/react";
import { useComputedColorScheme } from "@mantine/core";
import { MousePointerClick } from "lucide-react";
import { type DragEvent, useEffect, useMemo, useState } from "react";
import { useStore } from "zustand";

import { NODE_SIZE } from "@/graph/rows";
import type { Translate } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";

import { addOperator } from "../actions/add";
import { PortsPanel } from "../connect/PortsPanel";
import { Refusal } from "../connect/Refusal";
import { OPERATOR_MIME } from "../palette/drag";
import { useSession, useSessionState } from "../session/context";
import { Arranging } from "./Arranging";
import classes from "./Canvas.module.css";
import { CanvasHints } from "./CanvasHints";
import { createCanvasStore } from "./canvasStore";
import { BlockNode } from "./BlockNode";
import { FrameNode } from "./FrameNode";
import { OpNode } from "./OpNode";
import { QuickInsert } from "./QuickInsert";
import { ShapeEdge } from "./ShapeEdge";
import { useCanvasView } from "./useCanvasView";
import { useHandlers } from "./useHandlers";
import { usePortMark } from "./usePortMark";

/** From so many nodes on only those in sight are drawn. */
const MANY = 40;
const SELECT_MORE = ["Control", "Meta", "Shift"];
const MAP_SIZE = { width: 132, height: 92 };

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
  const scheme = useComputedColorScheme("light");
  const [canvas] = useState(() => createCanvasStore(session));
  const { nodes, edges } = useStore(canvas.store);
  const isEmpty = useSessionState((state) => state.graph.nodes.length === 0);
  const flow = useReactFlow();
  const { told, cancelTap, notePointer } = useHandlers(canvas);
  const [over, setOver] = useState(false);
  const open = useCanvasView();
  const words = useMemo(() => canvasWords(t), [t]);
  useEffect(() => canvas.follow(), [canvas]);
  usePortMark();

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
      onPointerUpCapture={notePointer}
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
        {...told}
        onInit={open}
        colorMode={scheme}
        deleteKeyCode={null}
        multiSelectionKeyCode={SELECT_MORE}
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
        <MiniMap pannable zoomable style={MAP_SIZE} nodeBorderRadius={14} nodeColor="var(--nw-line-strong)" nodeStrokeWidth={0} ariaLabel={t("Map of the network")} />
      </ReactFlow>
      <CanvasHints onCancelTap={cancelTap} />
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
