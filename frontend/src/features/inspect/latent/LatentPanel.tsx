import { Button, Group, SegmentedControl, Select, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Dices } from "lucide-react";
import { useMemo, useState } from "react";

import { getGenerated, getLatent, type Subject } from "@/api/inspect";
import type { Latent } from "@/api/types";
import type { Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";
import { ProblemText } from "@/shared/ProblemText";

import { type Point, spanOf } from "../draw/plane";
import { PlaneView } from "../draw/PlaneView";
import classes from "./latent.module.css";

type Cluster = NonNullable<Latent["clusters"]>[number];

interface Props {
  subject: Subject;
  stamp: string;
}

/** Where samples lie at a node of the network, and what the network makes of places between them. */
export function LatentPanel({ subject, stamp }: Props) {
  const { t } = useTranslation();
  const [node, setNode] = useState<string | null>(null);
  const found = useQuery({
    queryKey: ["latent", subject, stamp, node],
    queryFn: ({ signal }) => getLatent(subject, { node, limit: 1000 }, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });
  if (found.error) return <ProblemText error={found.error} onRetry={() => void found.refetch()} />;
  if (!found.data) return <Skeleton height={420} />;
  const latent = found.data;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <Stack gap="sm">
        <Select
          label={t("Layer")}
          description={t("By default where the network knows most in fewest numbers.")}
          w={320}
          allowDeselect={false}
          searchable
          data={latent.nodes.map((one) => ({ value: one.node, label: `${one.node} · ${one.op} · ${formatNumber(one.size)}` }))}
          value={latent.node}
          onChange={setNode}
        />
        <Scatter latent={latent} />
      </Stack>
      {latent.generates ? <Generated subject={subject} stamp={stamp} node={latent.node} /> : null}
    </SimpleGrid>
  );
}

function Scatter({ latent }: { latent: Latent }) {
  const { t } = useTranslation();
  const [by, setBy] = useState<"class" | "cluster">("cluster");
  const { clusters, cluster_of: clusterOf } = latent;
  const clustered = clusters !== null && clusterOf !== null && by === "cluster";
  const given = latent.points as unknown as readonly Point[];
  const points = useMemo(
    () => (clustered ? given.map(([u, v], at): Point => [u, v, clusterOf[at] ?? 0]) : given),
    [given, clustered, clusterOf],
  );
  const stars = useMemo(() => (clustered ? clusters.map(({ x: u, y: v }) => [u, v] as const) : NONE), [clustered, clusters]);
  const names = clustered ? clusters.map((cluster, at) => clusterName(cluster, at, t)) : latent.classes;
  const x = useMemo(() => spanOf(points.map(([u]) => u)), [points]);
  const y = useMemo(() => spanOf(points.map(([, v]) => v)), [points]);
  const shares = { first: Math.round(100 * latent.explained[0]), second: Math.round(100 * latent.explained[1]) };
  const facts = { count: points.length, node: latent.node, dimensions: latent.dimensions };
  return (
    <PlaneView
      points={points}
      x={x}
      y={y}
      names={latent.kind === "inputs" ? [`${latent.node} 0`, `${latent.node} 1`] : ["PC 1", "PC 2"]}
      classNames={names}
      valueName={latent.label}
      label={t("{{count}} samples at {{node}}, which has {{dimensions}} numbers for each", facts)}
      describe={(at) => {
        const value = given[at]?.[2] ?? 0;
        const label = latent.classes?.[value] ?? formatMetric(value);
        const told = t("{{label}}, sample {{number}}", { label, number: latent.rows[at] ?? 0 });
        return clusterOf === null ? told : `${told} · ${t("cluster {{number}}", { number: (clusterOf[at] ?? 0) + 1 })}`;
      }}
      stars={stars}
    >
      {clusters !== null ? (
        <SegmentedControl
          size="xs"
          aria-label={t("Coloured by")}
          value={by}
          onChange={(value) => setBy(value === "class" ? "class" : "cluster")}
          data={[
            { value: "cluster", label: t("Clusters") },
            { value: "class", label: latent.classes ? t("Classes") : t("Values") },
          ]}
        />
      ) : null}
      <Text size="xs" c="dimmed">
        {latent.kind === "inputs"
          ? t("The two numbers of this layer.")
          : t("{{dimensions}} numbers a sample, seen along the two directions in which they differ most ({{first}} % and {{second}} % of the variance).", {
              dimensions: latent.dimensions,
              ...shares,
            })}
      </Text>
    </PlaneView>
  );
}

const NONE: [] = [];

/** "3 · mostly 7": a cluster by its number, and the class that most of its training samples have. */
function clusterName({ label, share }: Cluster, at: number, t: Translate): string {
  if (label === null || share === null) return t("cluster {{number}}", { number: at + 1 });
  return t("{{number}}: {{label}} ({{percent}} %)", { number: at + 1, label, percent: Math.round(100 * share) });
}

/** Pictures made from the layer's numbers. */
function Generated({ subject, stamp, node }: Props & { node: string }) {
  const { t } = useTranslation();
  const [mode, setMode] = useState<"draw" | "walk">("draw");
  const [seed, setSeed] = useState(0);
  const found = useQuery({
    queryKey: ["generated", subject, stamp, node, mode, seed],
    queryFn: ({ signal }) => getGenerated(subject, { node, mode, side: mode === "walk" ? 11 : 8, seed }, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 30_000,
    retry: false,
  });
  if (found.error) return <ProblemText error={found.error} />;
  if (!found.data) return <Skeleton height={420} />;
  const words =
    mode === "draw"
      ? t("New pictures from numbers drawn like those of real samples")
      : t("A walk over the plane of the map, left to right and bottom to top");
  return (
    <Stack gap="sm">
      <Group>
        <SegmentedControl
          size="xs"
          aria-label={t("Pictures made by the network")}
          data={[
            { value: "draw", label: t("Draw new ones") },
            { value: "walk", label: t("Walk through") },
          ]}
          value={mode}
          onChange={(value) => setMode(value === "walk" ? "walk" : "draw")}
        />
        {mode === "draw" ? (
          <Button size="compact-sm" variant="default" leftSection={<Dices size={14} aria-hidden />} onClick={() => setSeed(seed + 1)}>
            {t("Others")}
          </Button>
        ) : null}
      </Group>
      <img src={found.data.png} alt={words} className={classes["sheet"]} />
      <Text size="xs" c="dimmed">
        {words}
      </Text>
    </Stack>
  );
}
