import { ChevronRight, CircleAlert, TriangleAlert } from "lucide-react";
import { memo, type CSSProperties } from "react";

import { useTranslation } from "@/i18n/react";
import { lookOf } from "@/shared/category";
import { formatShape } from "@/shared/format";

import { shortTitle } from "../describeNode";
import { worstOf } from "../canvas/ProblemBadge";
import { useSession, useSessionState } from "../session/context";
import classes from "./Outline.module.css";
import type { OutlineRow } from "./rows";

interface Props {
  row: OutlineRow;
  isCurrent: boolean;
  isSelected: boolean;
  onPick: (id: string) => void;
}

/** One node or group: its name, what it is, what it reads and gives, and whether something is wrong. */
export const OutlineItem = memo(
  function OutlineItem({ row, isCurrent, isSelected, onPick }: Props) {
    const { t } = useTranslation();
    const { operators } = useSession();
    const { id, level, node, group, isOpen, place, size } = row;
    const report = useSessionState((state) => state.report?.nodes[id]);
    const problems = useSessionState((state) => state.problems.get(id));
    const operator = node ? operators.get(node.op) : undefined;
    const { icon: Icon, hue } = lookOf(operator?.category ?? "");
    const what = group ? t("Group") : operator ? shortTitle(operator) : (node?.op ?? "");
    const shape = report?.outputs[0]?.shape;
    const reads = Object.values(node?.inputs ?? {}).join(", ");
    const worst = worstOf(problems ?? []);
    const name = group !== null && group.title !== "" ? group.title : id;
    const aside = shape ? formatShape(shape) : what;
    // What is seen comes first, word for word.
    const said = [
      `${name} ${aside}`,
      shape ? what : null,
      group && group.repeat > 1 ? t("repeated {{count}} times", { count: group.repeat }) : null,
      reads === "" ? null : t("reads {{names}}", { names: reads }),
      problems?.map(({ message }) => message).join(", ") ?? null,
    ];
    return (
      <div
        data-row={id}
        role="treeitem"
        aria-level={level}
        aria-posinset={place}
        aria-setsize={size}
        aria-selected={isSelected}
        aria-expanded={group ? isOpen : undefined}
        aria-label={said.filter(Boolean).join(", ")}
        tabIndex={isCurrent ? 0 : -1}
        className={classes["row"]}
        style={{ "--hue": hue, "--level": level } as CSSProperties}
        onClick={() => onPick(id)}
        onKeyDown={undefined}
      >
        {group ? <ChevronRight size={13} className={classes["chevron"]} data-open={isOpen || undefined} aria-hidden /> : <Icon size={13} aria-hidden />}
        <span className={classes["name"]}>{name}</span>{" "}
        <small>{aside}</small>
        {worst === "none" ? null : worst === "error" ? (
          <CircleAlert size={13} className={classes["error"]} aria-hidden />
        ) : (
          <TriangleAlert size={13} className={classes["warning"]} aria-hidden />
        )}
      </div>
    );
  },
  (a, b) =>
    a.isCurrent === b.isCurrent &&
    a.isSelected === b.isSelected &&
    a.row.node === b.row.node &&
    a.row.group === b.row.group &&
    a.row.level === b.row.level &&
    a.row.isOpen === b.row.isOpen &&
    a.row.place === b.row.place &&
    a.row.size === b.row.size,
);
