import type { Box } from "./timeline";

export type Tone = "forward" | "backward" | "neutral";

/** Colours of one scheme, read from the style sheet: light and dark differ there and nowhere else. */
export interface Ink {
  fill: Record<Tone, string>;
  lit: string;
  text: string;
  litText: string;
  paper: string;
  mark: string;
  font: string;
}

export function readInk(element: Element): Ink {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim() || "#888888";
  return {
    fill: { forward: read("--xr-forward"), backward: read("--xr-backward"), neutral: read("--xr-neutral") },
    lit: read("--xr-lit"),
    text: read("--nw-text"),
    litText: read("--xr-lit-text"),
    paper: read("--nw-surface"),
    mark: read("--nw-danger"),
    font: `11px ${style.fontFamily}`,
  };
}

interface Drawn {
  tone: Tone;
  text: string;
}

/** Draws all boxes and then those that are lit, so that these are seen whole. */
export function drawBoxes<T extends Box>(
  context: CanvasRenderingContext2D,
  boxes: readonly T[],
  width: number,
  height: number,
  ink: Ink,
  look: (box: T) => Drawn,
  isLit: (box: T) => boolean,
): void {
  context.clearRect(0, 0, width, height);
  context.font = ink.font;
  context.textBaseline = "middle";
  const lit: T[] = [];
  for (const box of boxes) {
    if (isLit(box)) lit.push(box);
    else drawBox(context, box, width, height, ink, look(box), false);
  }
  for (const box of lit) drawBox(context, box, width, height, ink, look(box), true);
}

function drawBox(context: CanvasRenderingContext2D, box: Box, width: number, height: number, ink: Ink, drawn: Drawn, lit: boolean): void {
  // A hair between neighbours; what is thinner than a pixel is drawn as one.
  const [x, y] = [box.x * width, box.y * height];
  const wide = Math.max(1, box.width * width - (box.width * width > 3 ? 1 : 0));
  const high = Math.max(1, box.height * height - (box.height * height > 3 ? 1 : 0));
  context.fillStyle = lit ? ink.lit : ink.fill[drawn.tone];
  context.fillRect(x, y, wide, high);
  if (wide < 26 || high < 12) return;
  context.fillStyle = lit ? ink.litText : ink.text;
  context.fillText(fitted(context, drawn.text, wide - 7), x + 4, y + high / 2 + 0.5);
}

/** A text, or as much of its beginning as there is room for. */
export function fitted(context: Pick<CanvasRenderingContext2D, "measureText">, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let [fits, tooLong] = [0, text.length];
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= room) fits = middle;
    else tooLong = middle;
  }
  return fits < 2 ? "" : `${text.slice(0, fits)}…`;
}
