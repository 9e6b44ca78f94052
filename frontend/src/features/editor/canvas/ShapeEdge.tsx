import { BaseEdge, getBezierPath, type EdgeProps } from "@xyflow/react";
import { memo } from "react";

import classes from "./Canvas.module.css";
import type { ShapeFlowEdge } from "./flow";

/** A connection with the shape that flows along it. Plain SVG text: an HTML label for each would cost every drag. */
export const ShapeEdge = memo(function ShapeEdge(props: EdgeProps<ShapeFlowEdge>) {
  const { id, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, data } = props;
  const [path, x, y] = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, curvature: 0.3 });
  return (
    <>
      <BaseEdge id={id} path={path} interactionWidth={18} className={classes["edge"] ?? ""} data-kind={data?.kind} />
      {data?.shape ? (
        <text className={classes["shape"]} x={x} y={y} dy="0.35em" textAnchor="middle">
          {data.shape}
        </text>
      ) : null}
    </>
  );
});
