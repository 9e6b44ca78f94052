import { Text } from "@mantine/core";
import { useCallback, useMemo } from "react";

import type { Boundary, Plane } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";

import type { Scheme } from "../draw/colors";
import { paintBoundary, readBytes } from "../draw/picture";
import { type Point } from "../draw/plane";
import { PlaneView } from "../draw/PlaneView";

interface Props {
  plane: Plane;
  boundary: Boundary | null;
}

/** What the network decides everywhere on the map of its data, at the step that is shown. */
export function Decisions({ plane, boundary }: Props) {
  const { t } = useTranslation();
  const classCount = plane.classes?.length ?? 0;
  const paint = useCallback(
    (scheme: Scheme) => {
      if (!boundary) throw new Error("a boundary is painted where there is one");
      return paintBoundary(boundary, classCount, scheme);
    },
    [boundary, classCount],
  );
  const right = useMemo(() => (boundary ? agreement(plane, boundary) : null), [plane, boundary]);
  const points = plane.points as unknown as readonly Point[];
  const describe = (at: number): string => {
    const [x, y, value] = points[at] ?? [0, 0, 0];
    const label = plane.classes?.[value] ?? formatMetric(value);
    return t("{{label}} at {{x}}, {{y}}", { label, x: formatMetric(x), y: formatMetric(y) });
  };
  const label =
    right === null
      ? t("Map of {{count}} samples", { count: points.length })
      : t("Map of {{count}} samples with the network's decisions: {{percent}} % lie on ground of their own class", {
          count: points.length,
          percent: Math.round(100 * right),
        });
  return (
    <PlaneView
      points={points}
      x={plane.x}
      y={plane.y}
      names={plane.names}
      classNames={plane.classes}
      valueName={plane.label}
      background={boundary ? paint : undefined}
      label={label}
      describe={describe}
    >
      <Text size="xs" c="dimmed">
        {plane.kind === "inputs"
          ? t("Dots are samples; the ground shows what the network says there, the stronger the surer.")
          : t("The two directions in which samples differ most ({{first}} % and {{second}} % of the variance). The ground shows what the network says on this plane; samples lie off it, so colours need not agree.", {
              first: Math.round(100 * plane.explained[0]),
              second: Math.round(100 * plane.explained[1]),
            })}
      </Text>
    </PlaneView>
  );
}

/** How many samples lie on ground of their own class; null where there are no classes. */
export function agreement(plane: Plane, boundary: Boundary): number | null {
  if (boundary.kind !== "classes" || plane.points.length === 0) return null;
  const winner = readBytes(boundary.winner);
  const cell = (value: number, [low, high]: readonly [number, number]): number =>
    Math.min(boundary.size - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * boundary.size)));
  const right = plane.points.filter(([x, y, label]) => winner[cell(y, plane.y) * boundary.size + cell(x, plane.x)] === label);
  return right.length / plane.points.length;
}
