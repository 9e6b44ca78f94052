import { type Picture, readPixels } from "./pixels";

/** Larger pictures are scaled to this first: enough for any input, quick to work through. */
const WORK_SIDE = 512;

/** The middle square of a picture or of a film's present frame; null where the browser draws nothing. */
export function middleSquare(source: CanvasImageSource, width: number, height: number, channels: number): Picture | null {
  const side = Math.min(width, height);
  const size = Math.min(side, WORK_SIDE);
  if (size < 1) return null;
  const canvas = document.createElement("canvas");
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return null;
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, size, size);
  context.drawImage(source, (width - side) / 2, (height - side) / 2, side, side, 0, 0, size, size);
  return readPixels(context.getImageData(0, 0, size, size), channels);
}
