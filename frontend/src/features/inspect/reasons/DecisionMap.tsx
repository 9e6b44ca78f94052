import { Group, Select, Skeleton, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { getDecisions, type Subject } from "@/api/inspect";
import type { Cell, Decisions } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric, toNumber } from "@/shared/format";
import type { DecisionMapProps } from "@/shared/insideSlot";
import { ProblemText } from "@/shared/ProblemText";

import type { Scheme } from "../draw/colors";
import { paintBoundary } from "../draw/picture";
import { type Point } from "../draw/plane";
import { PlaneView } from "../draw/PlaneView";

const SIZE = 64;
const PAUSE_MS = 150;

/** What the network says all around a row: two of its columns vary, and a click takes the row there. */
export default function DecisionMap({ name, version, input, onRow }: DecisionMapProps) {
  const { t } = useTranslation();
  const columns = useMemo(() => numberColumns(version.input), [version.input]);
  const [[x, y], setAxes] = useState<[number, number]>(() => [columns[0]?.at ?? 0, columns[1]?.at ?? 1]);
  const row = Array.isArray(input) ? (input as Cell[]) : null;
  const [settled] = useDebouncedValue(row, PAUSE_MS);
  // The two columns that vary need not be asked about again when they change.
  const others = settled?.map((cell, at) => (at === x || at === y ? 0 : cell)) ?? null;
  const subject: Subject = { kind: "model", name, version: version.version };
  const found = useQuery({
    queryKey: ["decisions", subject, version.created_at, others, x, y],
    queryFn: ({ signal }) => getDecisions(subject, { row: others ?? [], x, y, size: SIZE }, signal),
    enabled: others !== null && columns.length >= 2,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
  if (columns.length < 2) return null;
  const choices = columns.map(({ name: label, at }) => ({ value: String(at), label }));
  return (
    <div>
      {columns.length > 2 ? (
        <Group gap="xs" mb="xs">
          <Select size="xs" w={150} label={t("To the right")} allowDeselect={false} data={choices} value={String(x)} onChange={(next) => setAxes([Number(next), Number(next) === y ? x : y])} />
          <Select size="xs" w={150} label={t("Upwards")} allowDeselect={false} data={choices} value={String(y)} onChange={(next) => setAxes([Number(next) === x ? y : x, Number(next)])} />
        </Group>
      ) : null}
      {found.error ? <ProblemText error={found.error} /> : null}
      {found.data ? (
        <Map decisions={found.data} at={[Number(row?.[x] ?? 0), Number(row?.[y] ?? 0)]} onPlace={(u, v) => onRow((row ?? []).map((cell, at) => (at === x ? u : at === y ? v : cell)))} />
      ) : found.error ? null : (
        <Skeleton height={260} />
      )}
      <Text size="xs" c="dimmed" mt={4}>
        {columns.length > 2 ? t("Click a place to take the row there; the other columns stay as they are.") : t("Click a place to ask about it.")}
      </Text>
    </div>
  );
}

interface MapProps {
  decisions: Decisions;
  at: readonly [number, number];
  onPlace: (x: number, y: number) => void;
}

function Map({ decisions, at, onPlace }: MapProps) {
  const { t } = useTranslation();
  const count = decisions.classes?.length ?? 0;
  const points = useMemo<Point[]>(() => decisions.points.map((point) => [toNumber(point.x), toNumber(point.y), toNumber(point.value)]), [decisions]);
  const background = useMemo(() => (scheme: Scheme) => paintBoundary(decisions.boundary, count, scheme), [decisions, count]);
  const facts = { x: decisions.names[0], y: decisions.names[1], u: formatMetric(at[0]), v: formatMetric(at[1]) };
  return (
    <PlaneView
      points={points}
      x={decisions.x}
      y={decisions.y}
      names={decisions.names}
      classNames={decisions.classes}
      valueName={decisions.label}
      background={background}
      marked={at}
      onPlace={onPlace}
      label={t("What the network says for each {{x}} and {{y}}; the row is at {{u}}, {{v}}", facts)}
      describe={(place) => decisions.classes?.[points[place]?.[2] ?? 0] ?? formatMetric(points[place]?.[2] ?? 0)}
    />
  );
}

/** Columns of numbers with their places. */
function numberColumns(input: DecisionMapProps["version"]["input"]): { name: string; at: number }[] {
  if (input.fields) return input.fields.map(({ name, kind }, at) => ({ name, kind, at })).filter(({ kind }) => kind === "number");
  const names = input.columns ?? Array.from({ length: input.shape[0] ?? 0 }, (_, at) => `column ${at + 1}`);
  return names.map((name, at) => ({ name, at }));
}
