import { Alert, Group, Select, Skeleton, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ApiError } from "@/api/client";
import { explain, type Subject } from "@/api/inspect";
import type { Saliency, SaliencyMap, SaliencyMethod } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric, toNumber } from "@/shared/format";
import type { ReasonsProps } from "@/shared/insideSlot";
import { ProblemText } from "@/shared/ProblemText";

import { methodOrder, methods } from "./methods";
import classes from "./reasons.module.css";
import { BarsView, HeatView, ShadedText } from "./ReasonViews";

/** Reasons take some runs of the network: they are asked for once the hand rests. */
const PAUSE_MS = 350;
const LIKELIEST = "";

/** Why the network says what it says of this very input. */
export default function ReasonsPanel({ name, version, input }: ReasonsProps) {
  const { t } = useTranslation();
  const [method, setMethod] = useState<SaliencyMethod>("occlusion");
  const [target, setTarget] = useState<number | null>(null);
  const [settled] = useDebouncedValue(input, PAUSE_MS);
  const subject: Subject = { kind: "model", name, version: version.version };
  const found = useQuery({
    queryKey: ["saliency", subject, version.created_at, settled, method, target],
    queryFn: ({ signal }) => explain(subject, { input: settled, methods: [method], target }, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
  const classNames = version.does[0] === "cluster" ? null : version.label.classes;
  return (
    <section className={classes["box"]} aria-label={t("Reasons")} data-busy={found.isPlaceholderData || undefined}>
      <Group gap="sm" align="end" wrap="nowrap" maw={420}>
        <Select
          size="xs"
          flex={1}
          label={t("Why? By")}
          allowDeselect={false}
          data={methodOrder.map((value) => ({ value, label: t(methods[value].name) }))}
          value={method}
          onChange={(next) => setMethod(next ?? "occlusion")}
        />
        {classNames ? (
          <Select
            size="xs"
            flex={1}
            label={t("What speaks for")}
            allowDeselect={false}
            searchable={classNames.length > 12}
            data={[{ value: LIKELIEST, label: t("its answer") }, ...classNames.map((label, at) => ({ value: String(at), label: spelled(label) }))]}
            value={target === null ? LIKELIEST : String(target)}
            onChange={(next) => setTarget(next === LIKELIEST || next === null ? null : Number(next))}
          />
        ) : null}
      </Group>
      <Text size="xs" c="dimmed" mt={6} mb="sm">
        {t(methods[method].says)}
      </Text>
      {found.error ? <Unexplained error={found.error} /> : found.data ? <Answer reply={found.data} kind={version.input.kind} /> : <Skeleton height={120} />}
    </section>
  );
}

function Answer({ reply, kind }: { reply: Saliency; kind: "image" | "text" | "table" }) {
  const { t } = useTranslation();
  const map = reply.maps[0];
  if (!map) return null;
  const facts = { score: formatMetric(reply.score), nothing: formatMetric(reply.nothing) };
  const asked = reply.name === null ? (reply.target === null ? null : t("Cluster {{number}}", { number: reply.target + 1 })) : spelled(reply.name);
  return (
    <>
      <MapView map={map} png={reply.png} kind={kind} />
      <Text size="xs" c="dimmed" mt="xs">
        {asked === null
          ? t("The score is {{score}}; of an input that is nothing it is {{nothing}}.", facts)
          : t("The score of {{asked}} is {{score}}; of an input that is nothing it is {{nothing}}.", { asked, ...facts })}{" "}
        {map.signed ? t("Orange speaks for it, blue against it; all together {{total}}.", { total: formatMetric(toNumber(map.total)) }) : null}
      </Text>
    </>
  );
}

function MapView({ map, png, kind }: { map: SaliencyMap; png: string | null; kind: "image" | "text" | "table" }) {
  const { t } = useTranslation();
  const title = t(methods[map.method].name);
  if (map.picture && png !== null) return <HeatView map={map} picture={map.picture} png={png} title={title} />;
  return kind === "text" ? <ShadedText map={map} title={title} /> : <BarsView map={map} title={title} />;
}

function Unexplained({ error }: { error: Error }) {
  if (!(error instanceof ApiError) || error.status === 0) return <ProblemText error={error} />;
  return (
    <Alert variant="light" color="gray" p="xs">
      {error.body.message} {error.body.remedy}
    </Alert>
  );
}

/** Characters that cannot be seen, by a sign. */
const spelled = (label: string): string => (label === "\n" ? "⏎" : label === " " ? "␣" : label);
