import { ReactFlowProvider } from "@xyflow/react";
import { type ReactNode, useState } from "react";

import { useShortcuts } from "./actions/useActions";
import { Canvas } from "./canvas/Canvas";
import { CodeDrawer } from "./code/CodeDrawer";
import classes from "./Editor.module.css";
import { Inspector } from "./inspector/Inspector";
import { Outline } from "./outline/Outline";
import { Palette } from "./palette/Palette";
import { PlanDrawer } from "./plan/PlanDrawer";
import { ProblemsPanel } from "./problems/ProblemsPanel";
import { ShortcutsHelp } from "./toolbar/ShortcutsHelp";
import { Toolbar } from "./toolbar/Toolbar";
import { VersionsDrawer } from "./versions/VersionsDrawer";
import { createUi, UiContext, useUiState } from "./ui";

/** The Build tab: palette, canvas and inspector around one open project. */
export default function Editor({ overlay }: { overlay?: ReactNode }) {
  const [ui] = useState(() => createUi(window.innerWidth >= 900));
  return (
    <UiContext value={ui}>
      <ReactFlowProvider>
        <Workbench overlay={overlay} />
      </ReactFlowProvider>
    </UiContext>
  );
}

function Workbench({ overlay }: { overlay: ReactNode }) {
  useShortcuts();
  const palette = useUiState((state) => state.palette);
  const outline = useUiState((state) => state.outline);
  const inspector = useUiState((state) => state.inspector);
  const problems = useUiState((state) => state.problems);
  return (
    <div className={classes["editor"]}>
      <Toolbar />
      <div className={classes["body"]}>
        {palette || outline ? (
          <div className={classes["left"]} data-wide={outline || undefined}>
            {outline ? <Outline /> : <Palette />}
          </div>
        ) : null}
        <div className={classes["middle"]}>
          <div className={classes["stage"]}>
            <Canvas />
            {overlay}
          </div>
          {problems ? <ProblemsPanel /> : null}
        </div>
        {inspector ? (
          <div className={classes["right"]}>
            <Inspector />
          </div>
        ) : null}
      </div>
      <PlanDrawer />
      <VersionsDrawer />
      <CodeDrawer />
      <ShortcutsHelp />
    </div>
  );
}
