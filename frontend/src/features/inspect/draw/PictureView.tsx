import { memo, useCallback } from "react";

import type { Picture } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";

import type { Scheme } from "./colors";
import classes from "./draw.module.css";
import { paintPicture, tileRows } from "./picture";
import { PixelCanvas } from "./PixelCanvas";

interface Props {
  picture: Picture;
  /** What it shows: "conv1, 16 channels". */
  name: string;
  /** The longer side in pixels of the page. */
  size: number;
  legend?: boolean;
}

/** A tensor as a picture, as large as the room allows without bending it. */
export const PictureView = memo(function PictureView({ picture, name, size, legend = false }: Props) {
  const { t } = useTranslation();
  const paint = useCallback((scheme: Scheme) => paintPicture(picture, scheme), [picture]);
  const width = picture.width + picture.columns - 1;
  const height = picture.height + tileRows(picture) - 1;
  const scale = size / Math.max(width, height);
  const drawn = { width: Math.max(6, Math.round(width * scale)), height: Math.max(6, Math.round(height * scale)) };
  const range = { name, low: formatMetric(picture.low), high: formatMetric(picture.high) };
  return (
    <span className={classes["picture"]}>
      <PixelCanvas paint={paint} label={t("{{name}}, from {{low}} to {{high}}", range)} style={drawn} className={classes["sheet"]} />
      {legend ? <ColorLegend low={picture.low} high={picture.high} /> : null}
    </span>
  );
});

/** Which colour stands for which value. */
export function ColorLegend({ low, high }: { low: number; high: number }) {
  const signed = low < 0 && high > 0;
  return (
    <span className={classes["legend"]} aria-hidden>
      <span>{formatMetric(low)}</span>
      <span className={classes["ramp"]} data-signed={signed || undefined} />
      <span>{formatMetric(high)}</span>
    </span>
  );
}
