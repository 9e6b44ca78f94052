import { SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";

import type { ModelVersion, Nested } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { useSourceDataset, useTakeSample } from "../queries";
import { DrawPad } from "./DrawPad";
import { ImageDrop } from "./ImageDrop";
import { NetView } from "./NetView";
import { channelsOf, hasDarkBackground } from "./pixels";
import { SamplePicker } from "./SamplePicker";
import type { Trial } from "./trial";
import { Webcam } from "./Webcam";

type Way = "draw" | "sample" | "file" | "camera";

interface Props {
  version: ModelVersion;
  trial: Trial;
  onTrial: (trial: Trial) => void;
}

/** The ways to give a network a picture: draw it, pick one, bring one. */
export function ImageTrial({ version, trial, onTrial }: Props) {
  const { t } = useTranslation();
  const { input } = version;
  const dataset = useSourceDataset(version.dataset);
  const pickable = dataset.data?.available === true && dataset.data.input.kind === "image" ? dataset.data.id : null;
  const ways = [
    channelsOf(input) === 1 ? { value: "draw" as const, label: t("Draw") } : null,
    pickable === null ? null : { value: "sample" as const, label: t("Test sample") },
    { value: "file" as const, label: t("Picture") },
    { value: "camera" as const, label: t("Camera") },
  ].filter((way) => way !== null);
  const [chosen, setChosen] = useState<Way | null>(null);
  const way = ways.find((one) => one.value === chosen)?.value ?? ways[0]?.value ?? "file";
  const dark = hasDarkBackground(version.sample, input);

  return (
    <Stack gap="sm">
      <SegmentedControl
        size="xs"
        aria-label={t("Kind of input")}
        data={ways}
        value={way}
        onChange={(next) => {
          setChosen(next);
          onTrial({ raw: null });
        }}
      />
      {way === "draw" ? <DrawPad input={input} dark={dark} onInput={(raw) => onTrial({ raw })} /> : null}
      {way === "sample" && pickable !== null ? <PickedSample dataset={pickable} onTrial={onTrial} /> : null}
      {way === "file" ? <ImageDrop input={input} dark={dark} onInput={(raw) => onTrial({ raw })} /> : null}
      {way === "camera" ? <Webcam input={input} dark={dark} onInput={(raw) => onTrial({ raw })} /> : null}
      {trial.raw === null ? null : <NetView raw={trial.raw as Nested} input={input} />}
    </Stack>
  );
}

function PickedSample({ dataset, onTrial }: { dataset: string; onTrial: (trial: Trial) => void }) {
  const [index, setIndex] = useState<number | null>(null);
  const take = useTakeSample(dataset, (sample) => onTrial({ raw: sample.input, truth: sample.label }));
  const pick = (next: number): void => {
    setIndex(next);
    take(next);
  };
  return <SamplePicker dataset={dataset} picked={index} onPick={pick} />;
}
