import type { Picture } from "@/api/types";

import { amountColor, type Rgb, type Scheme } from "../draw/colors";
import { emptyPixels, type Pixels, readBytes } from "../draw/picture";

const FOR: Rgb = [230, 97, 1];
const AGAINST: Rgb = [38, 110, 200];
/** Below this part of the greatest value nothing is drawn: the picture beneath stays clear. */
const FAINT = 0.04;

/** A saliency as a veil over its picture: the stronger, the less can be seen through it. */
export function paintHeat(picture: Picture, signed: boolean, _scheme: Scheme): Pixels {
  const pixels = emptyPixels(picture.width, picture.height);
  const bytes = readBytes(picture.data);
  const most = Math.max(Math.abs(picture.low), Math.abs(picture.high)) || 1;
  for (let at = 0; at < picture.width * picture.height; at += 1) {
    const value = (picture.low + ((picture.high - picture.low) * (bytes[at] ?? 0)) / 255) / most;
    const size = Math.min(1, Math.abs(value));
    if (size < FAINT) continue;
    const [r, g, b] = signed ? (value > 0 ? FOR : AGAINST) : amountColor(0.35 + 0.65 * size);
    pixels.data.set([r, g, b, Math.round(255 * Math.min(1, 0.1 + 0.85 * size))], 4 * at);
  }
  return pixels;
}

/** The ground of a character or the colour of a bar: orange speaks for the answer, blue against it. */
export function shareColor(value: number, signed: boolean, strength: number): string {
  const [r, g, b] = signed ? (value > 0 ? FOR : AGAINST) : FOR;
  return `rgb(${r} ${g} ${b} / ${Math.round(100 * Math.min(1, Math.max(0, strength)))}%)`;
}
