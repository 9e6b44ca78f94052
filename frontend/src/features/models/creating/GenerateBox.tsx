import { Button, Group, Slider, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Dices } from "lucide-react";
import { useState } from "react";

import { generate } from "@/api/models";
import { useTranslation } from "@/i18n/react";
import { ProblemText } from "@/shared/ProblemText";

import classes from "./creating.module.css";

const COUNT = 32;
/** Of more latent numbers the first are offered. */
const SLIDERS = 16;
const PAUSE_MS = 60;

interface Props {
  name: string;
  version: number;
}

/** New samples out of random numbers; one that is picked can be changed by its latent numbers. */
export function GenerateBox({ name, version }: Props) {
  const { t } = useTranslation();
  const [seed, setSeed] = useState(0);
  const [latent, setLatent] = useState<number[] | null>(null);
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["generated", name, version, seed],
    queryFn: ({ signal }) => generate(name, version, { count: COUNT, seed }, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("New samples")}>
      <Group justify="space-between" mb="xs">
        <h2>{t("New samples")}</h2>
        <Button
          size="xs"
          leftSection={<Dices size={15} aria-hidden />}
          loading={isFetching}
          onClick={() => setSeed(seed + 1)}
        >
          {t("Draw others")}
        </Button>
      </Group>
      {error ? <ProblemText error={error} title={t("No samples")} onRetry={() => void refetch()} /> : null}
      <div className={classes["sheet"]}>
        {data?.samples.map((sample, place) => (
          <button
            key={place}
            type="button"
            aria-label={t("Sample {{number}}", { number: place + 1 })}
            aria-pressed={sample.latent === latent}
            onClick={() => setLatent(sample.latent)}
          >
            {sample.png === undefined ? <span>{place + 1}</span> : <img src={sample.png} alt="" />}
          </button>
        ))}
      </div>
      {latent === null ? (
        <Text size="xs" c="dimmed" mt="xs">
          {t("Pick one to change the numbers it is made of.")}
        </Text>
      ) : (
        <LatentSliders name={name} version={version} latent={latent} onChange={setLatent} />
      )}
    </section>
  );
}

interface SlidersProps extends Props {
  latent: number[];
  onChange: (latent: number[]) => void;
}

function LatentSliders({ name, version, latent, onChange }: SlidersProps) {
  const { t } = useTranslation();
  const [settled] = useDebouncedValue(latent, PAUSE_MS);
  const { data } = useQuery({
    queryKey: ["generated", name, version, settled],
    queryFn: ({ signal }) => generate(name, version, { latents: [settled] }, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 10_000,
  });
  const png = data?.samples[0]?.png;
  return (
    <div className={classes["latent"]}>
      {png === undefined ? null : <img src={png} alt={t("The sample of these numbers")} />}
      <div className={classes["sliders"]} role="group" aria-label={t("Latent numbers")}>
        {latent.slice(0, SLIDERS).map((value, place) => (
          <Slider
            key={place}
            size="xs"
            min={-3}
            max={3}
            step={0.05}
            value={value}
            label={(shown) => shown.toFixed(2)}
            thumbLabel={t("Latent number {{number}}", { number: place + 1 })}
            onChange={(next) => onChange(latent.map((old, index) => (index === place ? next : old)))}
          />
        ))}
      </div>
    </div>
  );
}
