import { Text } from "@mantine/core";
import { type PointerEvent, useRef } from "react";

import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";

import classes from "../models.module.css";
import { drawStroke, type Range } from "./series";

const WIDTH = 520;
const HEIGHT = 170;

interface Props {
  values: readonly number[];
  range: Range;
  /** The first and the last column. */
  ends: readonly [string, string];
  onValues: (values: number[]) => void;
}

/** A series as a curve that is drawn by hand; its numbers can be typed as well. */
export function SeriesPad({ values, range, ends, onValues }: Props) {
  const { t } = useTranslation();
  const last = useRef<[number, number] | null>(null);
  const step = WIDTH / Math.max(1, values.length - 1);
  const toY = (value: number): number => HEIGHT - ((value - range.low) / (range.high - range.low)) * HEIGHT;

  function draw(event: PointerEvent<SVGSVGElement>): void {
    const box = event.currentTarget.getBoundingClientRect();
    const at = Math.round(((event.clientX - box.left) / box.width) * (values.length - 1));
    const share = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
    const point: [number, number] = [Math.min(values.length - 1, Math.max(0, at)), range.high - share * (range.high - range.low)];
    onValues(drawStroke(values, last.current ?? point, point));
    last.current = point;
  }

  const said = { amount: values.length, low: formatMetric(Math.min(...values)), high: formatMetric(Math.max(...values)) };
  return (
    <figure className={classes["series"]}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("Series of {{amount}} values, from {{low}} to {{high}}", said)}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          last.current = null;
          draw(event);
        }}
        onPointerMove={(event) => {
          if (event.buttons > 0 && last.current) draw(event);
        }}
        onPointerUp={() => {
          last.current = null;
        }}
      >
        {range.low < 0 && range.high > 0 ? <line x1={0} x2={WIDTH} y1={toY(0)} y2={toY(0)} /> : null}
        <polyline points={values.map((value, at) => `${(at * step).toFixed(1)},${toY(value).toFixed(1)}`).join(" ")} />
      </svg>
      <figcaption>
        <span>{ends[0]}</span>
        <Text component="span" size="xs" c="dimmed">
          {t("Draw the curve with mouse, pen or finger.")}
        </Text>
        <span>{ends[1]}</span>
      </figcaption>
    </figure>
  );
}
