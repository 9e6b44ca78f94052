import { BaseEdge, getBezierPath, type EdgeProps } from "@xyflow/react";
import { memo } from "react";

import { useTranslation } from "@/i18n/react";

import { useSessionState } from "../session/context";
import classes from "./Canvas.module.css";
import type { ShapeFlowEdge } from "./flow";
import { lanePath } from "./lanes";
import { nameId, nameLine, shapeOn } from "./line";

/** A connection with the shape that flows along it, read by itself, so that no other is drawn for it. Plain SVG text: an HTML label for each would cost every drag. */
export const ShapeEdge = memo(function ShapeEdge(props: EdgeProps<ShapeFlowEdge>) {
  const { id, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, data } = props;
  const { t } = useTranslation();
  const shape = useSessionState((state) => (data ? shapeOn(state, data) : null));
  const lane = data?.lane ?? null;
  const straight = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, curvature: 0.3 });
  const [path, x, y] =
    lane === null
      ? straight
      : [lanePath(sourceX, sourceY, targetX, targetY, lane), lane, (sourceY + targetY) / 2];
  // Beside a lane there are nodes on the inner side, so its label stands outside.
  const outside = lane === null ? "middle" : lane < sourceX ? "end" : "start";
  const shift = { end: -5, middle: 0, start: 5 }[outside];
  return (
    <>
      <BaseEdge id={id} path={path} interactionWidth={18} className={classes["edge"] ?? ""} data-kind={data?.kind} />
      {data ? <desc id={nameId(id)}>{nameLine(data, shape, t)}</desc> : null}
      {shape === null ? null : (
        <text className={classes["shape"]} x={x + shift} y={y} dy="0.35em" textAnchor={outside} aria-hidden>
          {shape}
        </text>
      )}
    </>
  );
});
