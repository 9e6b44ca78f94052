import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import type { Graph } from "@/api/types";
import { connectionId } from "@/graph/model";
import { lookOf } from "./category";
import { paletteQuery } from "./queries";

import { sketch } from "./sketch";

/** A small picture of a network, in the colours of its operators' families. */
export function MiniGraph({ graph, height = 96 }: { graph: Graph; height?: number }) {
  const { data: palette } = useQuery(paletteQuery);
  const { nodes, lines, box } = useMemo(() => sketch(graph), [graph]);
  const family = useMemo(
    () => new Map(palette?.operators.map((operator) => [operator.name, operator.category])),
    [palette],
  );
  return (
    <svg viewBox={box.join(" ")} width="100%" height={height} preserveAspectRatio="xMidYMid meet" aria-hidden>
      {lines.map((line) => (
        <path
          key={connectionId(line)}
          d={line.path}
          fill="none"
          stroke="var(--nw-line-strong)"
          strokeWidth={4}
        />
      ))}
      {nodes.map(({ id, op, x, y, width, height: high }) => (
        <rect
          key={id}
          x={x}
          y={y}
          width={width}
          height={high}
          rx={9}
          fill={`oklch(0.68 0.12 ${lookOf(family.get(op) ?? op.toLowerCase()).hue})`}
        />
      ))}
    </svg>
  );
}
