import { useEffect } from "react";

import { useUi } from "../ui";

/** Marks the port that is meant in the drawing itself: no node is drawn again for it. */
export function usePortMark(): void {
  const ui = useUi();
  useEffect(() => {
    let marked: Element | null = null;
    const show = (): void => {
      const { mark, tapped } = ui.getState();
      const { node, handle } = mark ?? tapped ?? {};
      marked?.removeAttribute("data-marked");
      marked =
        node === undefined || handle === undefined
          ? null
          : document.querySelector(`.react-flow__handle[data-nodeid="${node}"][data-handleid="${CSS.escape(handle)}"]`);
      marked?.setAttribute("data-marked", "true");
    };
    const stop = ui.subscribe((now, before) => {
      // The node may come into sight only now, and is drawn in the next frame.
      if (now.mark !== before.mark || now.tapped !== before.tapped) requestAnimationFrame(show);
    });
    return stop;
  }, [ui]);
}
