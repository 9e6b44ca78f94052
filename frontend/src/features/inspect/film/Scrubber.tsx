import { ActionIcon, Slider, Text, Tooltip } from "@mantine/core";
import { Pause, Play } from "lucide-react";

import type { Inside } from "@/api/types";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";

import classes from "./film.module.css";
import type { Film } from "./useFilm";

/** Moves through the snapshots of a training: by mouse, by arrow keys, or by itself. */
export function Scrubber({ film, snapshots }: { film: Film; snapshots: Inside["snapshots"] }) {
  const { t } = useTranslation();
  const shown = snapshots[film.at];
  const words = shown ? t("step {{step}}, epoch {{epoch}}", { step: formatNumber(shown.step), epoch: shown.epoch.toFixed(1) }) : "";
  const name = film.playing ? t("Pause the film") : t("Play the film");
  return (
    <div className={classes["scrubber"]}>
      <Tooltip label={name}>
        <ActionIcon variant="default" aria-label={name} onClick={film.playing ? film.pause : film.play} disabled={snapshots.length < 2}>
          {film.playing ? <Pause size={15} /> : <Play size={15} />}
        </ActionIcon>
      </Tooltip>
      <Slider
        className={classes["slider"] ?? ""}
        min={0}
        max={Math.max(1, snapshots.length - 1)}
        value={film.at}
        onChange={film.seek}
        label={null}
        disabled={snapshots.length < 2}
        thumbLabel={t("Snapshot")}
        thumbValueText={words}
      />
      <Text size="sm" className={`nw-numbers ${classes["where"] ?? ""}`}>
        {words}
        {film.following && snapshots.length > 1 ? ` · ${t("newest")}` : ""}
      </Text>
    </div>
  );
}
