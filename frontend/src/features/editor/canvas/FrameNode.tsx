import { ActionIcon } from "@mantine/core";
import type { NodeProps } from "@xyflow/react";
import { FoldVertical } from "lucide-react";
import { memo } from "react";

import { findGroup } from "@/graph/groups";
import { useTranslation } from "@/i18n/react";

import { setCollapsed } from "../actions/groups";
import { useSession, useSessionState } from "../session/context";
import type { FrameFlowNode } from "./flow";
import classes from "./FrameNode.module.css";

/** An open group: a frame behind its nodes. Only its title can be grabbed, so that the canvas is free between the nodes. */
export const FrameNode = memo(function FrameNode({ id, selected }: NodeProps<FrameFlowNode>) {
  const { t } = useTranslation();
  const session = useSession();
  const group = useSessionState((state) => findGroup(state.graph, id));
  if (!group) return null;
  const title = group.title || group.id;
  return (
    <div className={classes["frame"]} data-selected={selected || undefined}>
      <div className={`frame-title ${classes["title"] ?? ""}`}>
        <span className={classes["name"]}>{title}</span>
        {group.repeat > 1 ? <span className={classes["repeat"]}>×{group.repeat}</span> : null}
        <ActionIcon
          size="sm"
          variant="subtle"
          color="gray"
          aria-label={t("Collapse {{name}}", { name: title })}
          title={t("Collapse {{name}}", { name: title })}
          className="nodrag"
          onClick={() => setCollapsed(session, id, true)}
        >
          <FoldVertical size={14} aria-hidden />
        </ActionIcon>
      </div>
    </div>
  );
});
