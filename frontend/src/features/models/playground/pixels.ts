import type { DatasetInput, Nested } from "@/api/types";

/** Grey values 0 (nothing) to 1 (full) of a picture, row by row; one plane per channel. */
export interface Picture {
  width: number;
  height: number;
  planes: Float32Array[];
}

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

const INK = 0.1;
/** A drawing is put on a square a little larger than itself. */
const MARGIN = 1.04;

export const channelsOf = (input: DatasetInput): number => input.shape[0] ?? 1;
export const heightOf = (input: DatasetInput): number => input.shape[1] ?? 1;
export const widthOf = (input: DatasetInput): number => input.shape[2] ?? 1;

/** The pixels of a canvas as a picture: one plane of brightness, or three of colour. */
export function readPixels(image: ImageData, channels: number): Picture {
  const { width, height, data } = image;
  const planes = Array.from({ length: channels }, () => new Float32Array(width * height));
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const [red = 0, green = 0, blue = 0] = [data[4 * pixel], data[4 * pixel + 1], data[4 * pixel + 2]];
    const values = channels === 3 ? [red, green, blue] : [0.299 * red + 0.587 * green + 0.114 * blue];
    planes.forEach((plane, channel) => {
      plane[pixel] = (values[channel] ?? 0) / 255;
    });
  }
  return { width, height, planes };
}

export function invert(picture: Picture): Picture {
  return { ...picture, planes: picture.planes.map((plane) => plane.map((value) => 1 - value)) };
}

/** The square around everything that differs from nothing, centred on it; null for an empty picture. */
export function inkSquare(picture: Picture): Box | null {
  let [left, top, right, bottom] = [picture.width, picture.height, -1, -1];
  for (const plane of picture.planes) {
    plane.forEach((value, place) => {
      if (value < INK) return;
      const x = place % picture.width;
      const y = Math.floor(place / picture.width);
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    });
  }
  if (right < 0) return null;
  const side = MARGIN * Math.max(right - left + 1, bottom - top + 1);
  return { left: (left + right + 1 - side) / 2, top: (top + bottom + 1 - side) / 2, width: side, height: side };
}

export const wholeBox = (picture: Picture): Box => ({ left: 0, top: 0, width: picture.width, height: picture.height });

/**
 * Scales `box` down to `width` × `height`: each new pixel is the mean of the area it covers, so that thin strokes
 * become grey instead of vanishing. What lies outside the picture is nothing.
 */
export function shrink(picture: Picture, box: Box, width: number, height: number): Picture {
  const columns = overlaps(box.left, box.width, width, picture.width);
  const rows = overlaps(box.top, box.height, height, picture.height);
  const area = (box.width / width) * (box.height / height);
  const planes = picture.planes.map((plane) => {
    const small = new Float32Array(width * height);
    rows.forEach((row, y) => {
      columns.forEach((column, x) => {
        let sum = 0;
        for (const [sourceY, tall] of row)
          for (const [sourceX, wide] of column) sum += tall * wide * (plane[sourceY * picture.width + sourceX] ?? 0);
        small[y * width + x] = sum / area;
      });
    });
    return small;
  });
  return { width, height, planes };
}

/** For each of `count` new pixels: the old ones it covers, and how much of each. */
function overlaps(start: number, length: number, count: number, limit: number): [number, number][][] {
  const size = length / count;
  return Array.from({ length: count }, (_, place) => {
    const from = start + place * size;
    const to = from + size;
    const covered: [number, number][] = [];
    for (let old = Math.max(0, Math.floor(from)); old < Math.min(limit, Math.ceil(to)); old += 1) {
      const share = Math.min(to, old + 1) - Math.max(from, old);
      if (share > 0) covered.push([old, share]);
    }
    return covered;
  });
}

/** Brightness 0…1 → the raw values low…high of the data, as a nested list of the input's shape. */
export function toRaw(picture: Picture, input: DatasetInput): number[][][] {
  const spread = input.high - input.low;
  // Two decimals are finer than the data itself where it has 16 or 255 levels; 0…1 wants more.
  const digits = spread > 4 ? 2 : 4;
  return picture.planes.map((plane) =>
    Array.from({ length: picture.height }, (_, y) =>
      Array.from({ length: picture.width }, (_, x) =>
        Number((input.low + spread * (plane[y * picture.width + x] ?? 0)).toFixed(digits)),
      ),
    ),
  );
}

/** All numbers of a nested list in order; "NaN" and its like are read, other words are NaN too. */
export function flatten(value: Nested): number[] {
  return Array.isArray(value) ? value.flatMap(flatten) : [Number(value)];
}

/** The reverse of `toRaw`, for showing what a network sees. */
export function fromRaw(raw: Nested, input: DatasetInput): Picture {
  const [channels, height, width] = [channelsOf(input), heightOf(input), widthOf(input)];
  const values = flatten(raw);
  const spread = input.high - input.low || 1;
  const planes = Array.from({ length: channels }, (_, channel) =>
    Float32Array.from(values.slice(channel * height * width, (channel + 1) * height * width), (value) =>
      Math.min(1, Math.max(0, (value - input.low) / spread)),
    ),
  );
  return { width, height, planes };
}

/** Whether the border of the model's sample is nearer to black. */
export function hasDarkBackground(sample: Nested, input: DatasetInput): boolean {
  const picture = fromRaw(sample, input);
  return picture.planes.every((plane) => plane.length === 0) || borderMedian(picture) <= 0.5;
}

export function borderMedian({ width, height, planes }: Picture): number {
  const border = planes.flatMap((plane) =>
    [...plane].filter((_, place) => {
      const x = place % width;
      const y = Math.floor(place / width);
      return x === 0 || y === 0 || x === width - 1 || y === height - 1;
    }),
  );
  border.sort((a, b) => a - b);
  return border[border.length >> 1] ?? 0;
}

export function toImageData(picture: Picture): ImageData {
  const image = new ImageData(picture.width, picture.height);
  for (let pixel = 0; pixel < picture.width * picture.height; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const plane = picture.planes[channel] ?? picture.planes[0];
      image.data[4 * pixel + channel] = Math.round(255 * (plane?.[pixel] ?? 0));
    }
    image.data[4 * pixel + 3] = 255;
  }
  return image;
}
