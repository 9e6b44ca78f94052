import type { DatasetInput, Nested, RawInput } from "@/api/types";

import { fromRaw, toImageData } from "../playground/pixels";

/** Longer lists of pixels are told as a small PNG, which the predict route reads as well. */
const LONGEST_LIST = 100;

/** The shortest way to write an input that means the same. */
export function compactInput(raw: RawInput, input: DatasetInput): RawInput {
  const values = input.shape.reduce((product, size) => product * size, 1);
  if (input.kind !== "image" || values <= LONGEST_LIST || !Array.isArray(raw)) return raw;
  const png = toPng(raw, input);
  return png === null ? raw : { png };
}

function toPng(raw: Nested, input: DatasetInput): string | null {
  const picture = fromRaw(raw, input);
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.putImageData(toImageData(picture), 0, 0);
  return canvas.toDataURL("image/png").replace(/^data:image\/png;base64,/, "");
}
