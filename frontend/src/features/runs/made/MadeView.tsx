import { ActionIcon, Slider, Text, Tooltip } from "@mantine/core";
import { Pause, Play } from "lucide-react";
import { useEffect, useState } from "react";

import { type Message, msg } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";

import type { Frame } from "../history";
import classes from "./made.module.css";

/** Milliseconds a frame stays when the film runs. */
const FRAME_MS = 120;

const titles: Record<Frame["kind"], Message> = {
  generated: msg("What it makes"),
  reconstructed: msg("What it gives back"),
  centres: msg("The middle of each cluster"),
  text: msg("What it writes"),
};

const explanations: Record<Frame["kind"], Message> = {
  generated: msg("Always from the same random numbers, so that each place shows how one sample came to be."),
  reconstructed: msg("Above the inputs, below what came of them."),
  centres: msg("The centres that k-means found in latent space, drawn by the decoder."),
  text: msg("Two hundred characters, drawn by the chances it gives to each."),
};

/** What a network made as it was trained: a sheet of images or a text, with a slider through time. */
export function MadeView({ frames }: { frames: readonly Frame[] }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<number | null>(null);
  const [playing, setPlaying] = useState(false);
  const last = frames.length - 1;
  const place = chosen === null ? last : Math.min(chosen, last);
  const frame = frames[place];
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => {
      setChosen((now) => {
        const next = (now ?? last) + 1;
        if (next < last) return next;
        setPlaying(false);
        return null; // at the end it follows what comes
      });
    }, FRAME_MS);
    return () => clearInterval(timer);
  }, [playing, last]);
  if (!frame) return null;

  function toggle(): void {
    if (!playing && place === last) setChosen(0);
    setPlaying(!playing);
  }

  const when = t("step {{step}}, epoch {{epoch}}", { step: formatNumber(frame.step), epoch: frame.epoch.toFixed(1) });
  return (
    <section className={`nw-card ${classes["made"] ?? ""}`} aria-labelledby="made">
      <header>
        <h2 id="made">{t(titles[frame.kind])}</h2>
        <Text size="xs" c="dimmed">
          {t(explanations[frame.kind])}
        </Text>
      </header>
      {frame.kind === "text" ? (
        <blockquote className={classes["text"]}>{frame.text}</blockquote>
      ) : (
        <img
          className={classes["sheet"]}
          src={frame.png ?? ""}
          style={{ aspectRatio: `${frame.columns ?? 1} / ${frame.rows ?? 1}`, maxWidth: (frame.columns ?? 1) * 44 }}
          alt={t("{{title}} at {{when}}", { title: t(titles[frame.kind]), when })}
        />
      )}
      {last > 0 ? (
        <div className={classes["time"]}>
          <Tooltip label={playing ? t("Hold") : t("Play from the beginning")}>
            <ActionIcon variant="default" onClick={toggle} aria-label={playing ? t("Hold") : t("Play from the beginning")}>
              {playing ? <Pause size={15} /> : <Play size={15} />}
            </ActionIcon>
          </Tooltip>
          <Slider
            thumbLabel={t("Moment of the training")}
            thumbProps={{ "aria-valuetext": when }}
            min={0}
            max={last}
            value={place}
            onChange={(next) => {
              setPlaying(false);
              setChosen(next === last ? null : next);
            }}
            label={null}
            size="sm"
          />
          <Text size="xs" c="dimmed" className={classes["when"]}>
            {when}
          </Text>
        </div>
      ) : null}
    </section>
  );
}
