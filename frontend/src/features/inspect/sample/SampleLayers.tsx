import { Group, NumberInput, SegmentedControl, Skeleton, Stack, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { probe, type Subject } from "@/api/inspect";
import type { RawInput } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { ProblemText } from "@/shared/ProblemText";

import { Layers } from "../film/Layers";
import { NodeDetail } from "./NodeDetail";
import classes from "./sample.module.css";
import { Said } from "./Said";

interface Props {
  subject: Subject;
  stamp: string;
  /** What is being tried beside; null while nothing is. */
  input: RawInput | null;
}

/** What is being tried, or a test sample, through a trained network, layer by layer. */
export function SampleLayers({ subject, stamp, input }: Props) {
  const { t } = useTranslation();
  const [index, setIndex] = useState(0);
  const [node, setNode] = useState<string | null>(null);
  const [own, setOwn] = useState(true);
  const tried = own ? input : null;
  const found = useQuery({
    queryKey: ["probe", subject, stamp, tried ?? index, node],
    queryFn: ({ signal }) => probe(subject, tried === null ? { split: "test", index, node } : { input: tried, node }, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
  const reply = found.data;
  return (
    <Stack gap="md">
      <Group align="end">
        {input === null ? null : (
          <SegmentedControl
            size="xs"
            aria-label={t("Which input")}
            data={[
              { value: "own", label: t("What is being tried") },
              { value: "test", label: t("Test sample") },
            ]}
            value={own ? "own" : "test"}
            onChange={(value) => setOwn(value === "own")}
          />
        )}
        {tried !== null ? null : <NumberInput
          label={t("Test sample")}
          w={130}
          min={1}
          max={1_000_000_000}
          allowDecimal={false}
          value={index + 1}
          onChange={(value) => {
            if (typeof value === "number" && value >= 1) setIndex(value - 1);
          }}
        />}
        {reply?.png ? <img src={reply.png} alt={t("The sample")} className={classes["large"]} /> : null}
        <Said reply={reply} />
      </Group>
      {found.error ? <ProblemText error={found.error} /> : null}
      {reply ? <Layers nodes={reply.nodes} chosen={node} onChoose={setNode} /> : found.error ? null : <Skeleton height={240} />}
      <Text size="xs" c="dimmed">
        {t("Choose a layer to see all of its channels and its kernels.")}
      </Text>
      <NodeDetail
        view={node === null ? undefined : reply?.nodes.find((view) => view.node === node)}
        detail={found.isPlaceholderData ? null : (reply?.detail ?? null)}
        weights={reply?.weights ?? {}}
        onClose={() => setNode(null)}
      />
    </Stack>
  );
}
