import { Text } from "@mantine/core";
import { useCallback } from "react";

import type { Picture, SaliencyMap } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";

import type { Scheme } from "../draw/colors";
import { PixelCanvas } from "../draw/PixelCanvas";
import { paintHeat, shareColor } from "./heat";
import { heaviest, type Share, sharesOf, sizeOf } from "./methods";
import classes from "./reasons.module.css";

const BARS = 16;
const TOLD = 5;

interface HeatProps {
  map: SaliencyMap;
  picture: Picture;
  png: string;
  title: string;
}

/** The picture with the heat over it. */
export function HeatView({ map, picture, png, title }: HeatProps) {
  const { t } = useTranslation();
  const paint = useCallback((scheme: Scheme) => paintHeat(picture, map.signed, scheme), [picture, map.signed]);
  return (
    <figure className={classes["heat"]}>
      <span className={classes["layers"]}>
        <img src={png} alt="" />
        <PixelCanvas paint={paint} label={t("{{method}} over the picture, from {{low}} to {{high}}", { method: title, low: formatMetric(picture.low), high: formatMetric(picture.high) })} />
      </span>
      <figcaption>{title}</figcaption>
    </figure>
  );
}

/** A bar for each column, those that weigh most. */
export function BarsView({ map, title }: { map: SaliencyMap; title: string }) {
  const { t } = useTranslation();
  const shares = sharesOf(map);
  const shown = heaviest(shares, BARS);
  const most = sizeOf(shown);
  return (
    <div>
      <ul className={classes["bars"]} aria-label={t("{{method}} by column", { method: title })}>
        {shown.map((share) => (
          <li key={share.at}>
            <span title={share.name}>{share.name}</span>
            <span className={classes["track"]} aria-hidden>
              <span
                data-against={share.value < 0 || undefined}
                style={{ width: `${(50 * Math.abs(share.value)) / most}%`, background: shareColor(share.value, true, 0.85) }}
              />
            </span>
            <span className="nw-numbers">{signedText(share.value)}</span>
          </li>
        ))}
      </ul>
      {shares.length > shown.length ? (
        <Text size="xs" c="dimmed" mt={4}>
          {t("The {{shown}} of {{all}} columns that weigh most.", { shown: shown.length, all: shares.length })}
        </Text>
      ) : null}
    </div>
  );
}

/** The text, its characters shaded. */
export function ShadedText({ map, title }: { map: SaliencyMap; title: string }) {
  const { t } = useTranslation();
  const shares = sharesOf(map);
  const most = sizeOf(shares);
  return (
    <div>
      <p className={classes["text"]} lang="en" aria-label={t("{{method}} by character", { method: title })} role="img">
        {shares.map((share) => (
          <span key={share.at} title={formatMetric(share.value)} style={{ background: shareColor(share.value, map.signed, (0.85 * Math.abs(share.value)) / most) }}>
            {share.name === "\n" ? "⏎\n" : share.name}
          </span>
        ))}
      </p>
      <Text size="xs" c="dimmed" mt={4}>
        {t("Weigh most: {{parts}}", { parts: heaviest(shares, TOLD).map((share) => tell(share, map.signed)).join(", ") })}
      </Text>
    </div>
  );
}

const signedText = (value: number): string => (value > 0 ? `+${formatMetric(value)}` : formatMetric(value));

const tell = ({ name, value }: Share, signed: boolean): string => `“${name === "\n" ? "⏎" : name}” ${signed ? signedText(value) : formatMetric(value)}`;
