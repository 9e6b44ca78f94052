import type { Boundary, Picture } from "@/api/types";

import { classColor, fade, palette, type Rgb, type Scheme, signedColor, amountColor } from "./colors";

/** Pixels as a canvas takes them: four bytes each. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

export function readBytes(base64: string): Uint8Array {
  const text = atob(base64);
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

export function emptyPixels(width: number, height: number): Pixels {
  return { width, height, data: new Uint8ClampedArray(4 * width * height) };
}

export function putPixel(pixels: Pixels, x: number, y: number, [r, g, b]: Rgb): void {
  const at = 4 * (y * pixels.width + x);
  pixels.data[at] = r;
  pixels.data[at + 1] = g;
  pixels.data[at + 2] = b;
  pixels.data[at + 3] = 255;
}

/** How many rows of tiles a picture has. */
export const tileRows = (picture: Picture): number => Math.max(1, Math.ceil(Math.max(1, picture.tiles) / picture.columns));

/** A picture in colours, its tiles parted by see-through lines one pixel wide. */
export function paintPicture(picture: Picture, scheme: Scheme): Pixels {
  const rows = tileRows(picture);
  const tileWidth = Math.max(1, Math.round(picture.width / picture.columns));
  const tileHeight = Math.max(1, Math.round(picture.height / rows));
  const pixels = emptyPixels(picture.width + picture.columns - 1, picture.height + rows - 1);
  const colors = palette(picture.low, picture.high, scheme);
  const bytes = readBytes(picture.data);
  for (let y = 0; y < picture.height; y += 1) {
    const tileRow = Math.floor(y / tileHeight);
    for (let x = 0; x < picture.width; x += 1) {
      const tileColumn = Math.floor(x / tileWidth);
      if (tileRow * picture.columns + tileColumn >= picture.tiles) continue;
      const color = colors[bytes[y * picture.width + x] ?? 0];
      if (color) putPixel(pixels, x + tileColumn, y + tileRow, color);
    }
  }
  return pixels;
}

/** What a network decides on a plane, the highest y on top as people draw it. */
export function paintBoundary(boundary: Boundary, classes: number, scheme: Scheme): Pixels {
  const pixels = emptyPixels(boundary.size, boundary.size);
  const winner = readBytes(boundary.winner);
  const strength = readBytes(boundary.strength);
  const least = classes > 0 ? 1 / Math.max(2, classes) : 0;
  for (let row = 0; row < boundary.size; row += 1) {
    for (let x = 0; x < boundary.size; x += 1) {
      const at = row * boundary.size + x;
      const share = (strength[at] ?? 0) / 255;
      const color =
        boundary.kind === "classes"
          ? fade(classColor(winner[at] ?? 0), 0.08 + (0.52 * Math.max(0, share - least)) / (1 - least), scheme)
          : boundary.low < 0 && boundary.high > 0
            ? signedColor(symmetric(boundary, share), scheme)
            : amountColor(share);
      putPixel(pixels, x, boundary.size - 1 - row, color);
    }
  }
  return pixels;
}

/** A value of the boundary on a scale from −1 to 1 with nought in the middle. */
function symmetric({ low, high }: Boundary, share: number): number {
  return (low + (high - low) * share) / Math.max(-low, high);
}
