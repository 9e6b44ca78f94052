import { type OnConnectStartParams, useStoreApi } from "@xyflow/react";
import { type MouseEvent as ReactMouseEvent, useCallback, useEffect, useMemo } from "react";

import { useUi } from "../ui";

/** Connecting by two taps: React Flow starts with a tapped port; here a second tap anywhere on a node ends it. */
export function useTapConnect(onSecond: (first: { nodeId: string; id: string | null; type: "source" | "target" }, event: ReactMouseEvent) => void) {
  const ui = useUi();
  const flow = useStoreApi();
  const cancel = useCallback(() => {
    if (flow.getState().connectionClickStartHandle) flow.setState({ connectionClickStartHandle: null });
    if (ui.getState().tapped) ui.setState({ tapped: null });
  }, [flow, ui]);

  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.key === "Escape") cancel();
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [cancel]);

  return useMemo(
    () => ({
      cancel,
      onStart: (_event: unknown, { nodeId, handleId, handleType }: OnConnectStartParams) => {
        if (nodeId === null || handleType === null) return;
        ui.setState({ tapped: { node: nodeId, handle: handleId ?? "", type: handleType } });
      },
      /** True when the tap ended a connection. */
      onNode: (event: ReactMouseEvent, id: string): boolean => {
        const { tapped } = ui.getState();
        if (!tapped || tapped.node === id) return false;
        cancel();
        onSecond({ nodeId: tapped.node, id: tapped.handle || null, type: tapped.type }, event);
        return true;
      },
    }),
    [cancel, ui, onSecond],
  );
}
