import { ScrollArea } from "@mantine/core";

import { findGroup } from "@/graph/groups";
import { findNode } from "@/graph/model";
import { useTranslation } from "@/i18n/react";

import { useSessionState } from "../session/context";
import { GraphFacts } from "./GraphFacts";
import { GroupInspector } from "./GroupInspector";
import classes from "./Inspector.module.css";
import { ManyNodes } from "./ManyNodes";
import { NodeInspector } from "./NodeInspector";

/** What is selected, in detail: one node, several, or the whole graph. */
export function Inspector() {
  const { t } = useTranslation();
  const count = useSessionState((state) => state.selection.nodes.size);
  const node = useSessionState((state) => {
    const [only] = state.selection.nodes;
    return state.selection.nodes.size === 1 && only !== undefined ? findNode(state.graph, only) : undefined;
  });
  const group = useSessionState((state) => {
    const [only] = state.selection.nodes;
    return state.selection.nodes.size === 1 && only !== undefined ? findGroup(state.graph, only) : undefined;
  });
  return (
    <aside className={classes["inspector"]} aria-label={t("Inspector")} data-details>
      <ScrollArea h="100%" type="hover" scrollbarSize={6}>
        <div className={classes["content"]}>
          {node ? <NodeInspector key={node.id} node={node} /> : group ? <GroupInspector key={group.id} group={group} /> : count > 1 ? <ManyNodes count={count} /> : <GraphFacts />}
        </div>
      </ScrollArea>
    </aside>
  );
}
