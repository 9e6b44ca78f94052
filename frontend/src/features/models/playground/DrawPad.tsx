import { Button, Group, Switch, Text } from "@mantine/core";
import { Eraser } from "lucide-react";
import { type PointerEvent, useEffect, useRef, useState } from "react";

import type { DatasetInput, Nested } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import classes from "../models.module.css";
import { heightOf, inkSquare, invert, readPixels, shrink, toRaw, wholeBox, widthOf } from "./pixels";

/** Pixels of the pad: fine enough for any input, whatever the size on the screen. */
const SIDE = 280;

interface Props {
  input: DatasetInput;
  /** Ink is bright on dark where the data are, dark on bright else. */
  dark: boolean;
  /** What was drawn as the data have it; null when the pad is empty. */
  onInput: (raw: Nested | null) => void;
}

/** A pad to draw on with mouse, pen or finger. */
export function DrawPad({ input, dark, onInput }: Props) {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<[number, number] | null>(null);
  const [centred, setCentred] = useState(true);
  const paper = dark ? "#000000" : "#ffffff";
  useEffect(() => fillPaper(canvas.current, paper), [paper]);

  const report = (centre: boolean): void => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const shown = readPixels(context.getImageData(0, 0, SIDE, SIDE), 1);
    const ink = dark ? shown : invert(shown);
    const square = inkSquare(ink);
    if (!square) {
      onInput(null);
      return;
    }
    const small = shrink(ink, centre ? square : wholeBox(ink), widthOf(input), heightOf(input));
    onInput(toRaw(dark ? small : invert(small), input));
  };
  const draw = (event: PointerEvent<HTMLCanvasElement>): void => {
    const context = event.currentTarget.getContext("2d");
    if (!context) return;
    const point = pointOf(event);
    const [fromX, fromY] = last.current ?? point;
    context.strokeStyle = dark ? "#ffffff" : "#000000";
    context.lineWidth = SIDE / 11;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.beginPath();
    context.moveTo(fromX, fromY);
    context.lineTo(...point);
    context.stroke();
    last.current = point;
    report(centred);
  };
  const clear = (): void => {
    fillPaper(canvas.current, paper);
    onInput(null);
  };

  return (
    <div>
      <canvas
        ref={canvas}
        className={classes["pad"]}
        width={SIDE}
        height={SIDE}
        style={{ background: paper }}
        role="img"
        aria-label={t("Drawing pad")}
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
      />
      <Group justify="space-between" mt="xs">
        <Switch
          size="xs"
          label={t("Centre the drawing")}
          checked={centred}
          onChange={(event) => {
            setCentred(event.currentTarget.checked);
            report(event.currentTarget.checked);
          }}
        />
        <Button size="compact-xs" variant="default" leftSection={<Eraser size={14} aria-hidden />} onClick={clear}>
          {t("Clear")}
        </Button>
      </Group>
      <Text size="xs" c="dimmed" mt={4}>
        {t("Draw with mouse, pen or finger. Without one of them, take a test sample.")}
      </Text>
    </div>
  );
}

function fillPaper(element: HTMLCanvasElement | null, paper: string): void {
  const context = element?.getContext("2d", { willReadFrequently: true });
  if (!context) return;
  context.fillStyle = paper;
  context.fillRect(0, 0, SIDE, SIDE);
}

/** Where the pointer is, in the pad's own pixels. */
function pointOf(event: PointerEvent<HTMLCanvasElement>): [number, number] {
  const bounds = event.currentTarget.getBoundingClientRect();
  return [
    ((event.clientX - bounds.left) / bounds.width) * SIDE,
    ((event.clientY - bounds.top) / bounds.height) * SIDE,
  ];
}
