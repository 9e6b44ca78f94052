/** A colour as red, green, blue from 0 to 255. */
export type Rgb = readonly [number, number, number];
export type Scheme = "light" | "dark";

/** Cividis, made so that people with and without colour-blindness see the same order: from dark blue to yellow. */
const cividis: readonly Rgb[] = [
  [0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115],
  [138, 134, 120], [165, 156, 116], [195, 179, 105], [225, 204, 85], [254, 232, 56],
];
/** Blue below nought, orange above; the middle is the ground the page has. */
const below: Rgb = [33, 102, 172];
const above: Rgb = [217, 95, 2];
const middle: Record<Scheme, Rgb> = { light: [247, 247, 247], dark: [38, 45, 53] };

const between = (from: Rgb, to: Rgb, share: number): Rgb => [
  Math.round(from[0] + (to[0] - from[0]) * share),
  Math.round(from[1] + (to[1] - from[1]) * share),
  Math.round(from[2] + (to[2] - from[2]) * share),
];

/** 0 to 1 → a colour of the map for amounts. */
export function amountColor(share: number): Rgb {
  const place = Math.min(1, Math.max(0, share)) * (cividis.length - 1);
  const low = Math.min(cividis.length - 2, Math.floor(place));
  return between(cividis[low] ?? [0, 0, 0], cividis[low + 1] ?? [0, 0, 0], place - low);
}

/** −1 to 1 → a colour of the map for values on both sides of nought. */
export function signedColor(value: number, scheme: Scheme): Rgb {
  const size = Math.min(1, Math.abs(value));
  return between(middle[scheme], value < 0 ? below : above, size);
}

/** The 256 colours of a picture whose values run from `low` to `high`. */
export function palette(low: number, high: number, scheme: Scheme): Rgb[] {
  const signed = low < 0 && high > 0;
  return Array.from({ length: 256 }, (_, at) => (signed ? signedColor(at / 127.5 - 1, scheme) : amountColor(at / 255)));
}

/** Okabe and Ito's colours for classes, which stay apart for every kind of colour vision; two lighter ones follow. */
const classColors: readonly Rgb[] = [
  [0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233],
  [213, 94, 0], [150, 135, 20], [117, 112, 179], [128, 128, 128], [166, 86, 40],
];

/** The colour of a class. Beyond ten they repeat: hovering names them. */
export const classColor = (index: number): Rgb => classColors[((index % classColors.length) + classColors.length) % classColors.length] ?? [128, 128, 128];

export const css = ([r, g, b]: Rgb, alpha = 1): string => `rgb(${r} ${g} ${b} / ${alpha})`;

/** A colour laid over the page's ground: how sure a network is shows as how strong the colour is. */
export const fade = (color: Rgb, strength: number, scheme: Scheme): Rgb =>
  between(scheme === "dark" ? [23, 29, 35] : [255, 255, 255], color, Math.min(1, Math.max(0, strength)));
