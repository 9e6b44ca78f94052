import { useComputedColorScheme } from "@mantine/core";
import { type CSSProperties, useEffect, useRef } from "react";

import type { Scheme } from "./colors";
import type { Pixels } from "./picture";

interface Props {
  /** What is drawn, in the colours of the page as it is now. */
  paint: (scheme: Scheme) => Pixels;
  label: string;
  className?: string | undefined;
  style?: CSSProperties;
  /** Blends neighbouring pixels: for a plane, not for tiles. */
  smooth?: boolean;
}

/** Pixels stretched to whatever room there is; said in words to those who do not see them. */
export function PixelCanvas({ paint, label, className, style, smooth = false }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    const target = canvas.current;
    const context = target?.getContext("2d");
    if (!target || !context) return;
    const pixels = paint(scheme);
    target.width = pixels.width;
    target.height = pixels.height;
    context.putImageData(new ImageData(pixels.data, pixels.width, pixels.height), 0, 0);
  }, [paint, scheme]);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={label}
      className={className}
      style={{ imageRendering: smooth ? "auto" : "pixelated", ...style }}
    />
  );
}
