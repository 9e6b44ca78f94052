import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import type { CheckReport, Graph } from "@/api/types";
import { connectionId, connectionsOf } from "@/graph/model";
import { arrangeInRows } from "@/graph/rows";

import { lookOf } from "./category";
import { formatShape } from "./format";
import classes from "./GraphPicture.module.css";
import { paletteQuery } from "./queries";

const BOX = { width: 168, height: 42 };
const EDGE = 14;

interface Props {
  graph: Graph;
  report: CheckReport | null;
  label: string;
}

/** A network as it is drawn, to be looked at only: nodes with their names, and what flows between them. */
export function GraphPicture({ graph, report, label }: Props) {
  const { data: palette } = useQuery(paletteQuery);
  const family = useMemo(() => new Map(palette?.operators.map(({ name, category }) => [name, category])), [palette]);
  const { nodes, lines, width, height } = useMemo(() => layOut(graph), [graph]);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
    <div className={classes["scroller"]} role="region" aria-label={label} tabIndex={0}>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label}>
        {lines.map(({ id, from, to, source }) => (
          <g key={id}>
            <path d={`M${from.x} ${from.y}C${from.x} ${(from.y + to.y) / 2} ${to.x} ${(from.y + to.y) / 2} ${to.x} ${to.y}`} className={classes["line"]} />
            <text x={(from.x + to.x) / 2 + 7} y={(from.y + to.y) / 2 + 4} className={classes["shape"]}>
              {shapeOf(report, source)}
            </text>
          </g>
        ))}
        {nodes.map(({ id, op, x, y }) => (
          <g key={id} transform={`translate(${x} ${y})`}>
            <rect width={BOX.width} height={BOX.height} rx={9} className={classes["box"]} />
            <rect width={5} height={BOX.height - 14} x={7} y={7} rx={2.5} fill={`oklch(0.68 0.12 ${lookOf(family.get(op) ?? op.toLowerCase()).hue})`} />
            <text x={21} y={18} className={classes["name"]}>
              {id}
            </text>
            <text x={21} y={33} className={classes["op"]}>
              {op}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}

function shapeOf(report: CheckReport | null, node: string): string {
  const shape = report?.nodes[node]?.outputs[0]?.shape;
  return shape ? formatShape(shape.slice(1)) : "";
}

function layOut(graph: Graph) {
  const placed = arrangeInRows(graph, BOX);
  const all = graph.nodes.map(({ id, op }) => ({ id, op, x: placed[id]?.[0] ?? 0, y: placed[id]?.[1] ?? 0 }));
  const left = Math.min(...all.map(({ x }) => x), Infinity);
  const top = Math.min(...all.map(({ y }) => y), Infinity);
  const nodes = all.map((node) => ({ ...node, x: node.x - left + EDGE, y: node.y - top + EDGE }));
  const at = new Map(nodes.map((node) => [node.id, node]));
  const lines = connectionsOf(graph).flatMap((connection) => {
    const [from, to] = [at.get(connection.from), at.get(connection.to)];
    if (!from || !to) return [];
    const middle = BOX.width / 2;
    return [
      {
        id: connectionId(connection),
        source: connection.from,
        from: { x: from.x + middle, y: from.y + BOX.height },
        to: { x: to.x + middle, y: to.y },
      },
    ];
  });
  const width = Math.max(...nodes.map(({ x }) => x + BOX.width), BOX.width) + EDGE;
  const height = Math.max(...nodes.map(({ y }) => y + BOX.height), BOX.height) + EDGE;
  return { nodes, lines, width, height };
}
