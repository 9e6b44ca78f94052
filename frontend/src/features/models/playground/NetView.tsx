import { Text } from "@mantine/core";
import { useEffect, useRef } from "react";

import type { DatasetInput, Nested } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatShape } from "@/shared/format";

import classes from "../models.module.css";
import { fromRaw, heightOf, toImageData, widthOf } from "./pixels";

/** The very pixels the network gets, enlarged. */
export function NetView({ raw, input }: { raw: Nested; input: DatasetInput }) {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    canvas.current?.getContext("2d")?.putImageData(toImageData(fromRaw(raw, input)), 0, 0);
  }, [raw, input]);
  return (
    <div className={classes["seen"]}>
      <canvas
        ref={canvas}
        width={widthOf(input)}
        height={heightOf(input)}
        role="img"
        aria-label={t("What the network sees")}
      />
      <Text size="xs" c="dimmed">
        {t("What the network sees: {{shape}}, values {{low}} to {{high}}", { shape: formatShape(input.shape), low: input.low, high: input.high })}
      </Text>
    </div>
  );
}
