import { type RefObject, useLayoutEffect, useRef, useState } from "react";

/** Shorter tables are drawn whole. */
const WHOLE = 60;
/** Rows drawn beyond the edges, so that a quick scroll shows none missing. */
const SPARE = 12;

export interface RowWindow {
  scroller: RefObject<HTMLDivElement | null>;
  /** The rows to draw: from `first` up to, not including, `last`. */
  first: number;
  last: number;
  /** Pixels of the rows above and below that are not drawn. */
  above: number;
  below: number;
}

/** Of many rows of one height, those within the scrolled box and a few around them. */
export function useRowWindow(count: number, rowHeight: number): RowWindow {
  const scroller = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ first: 0, rows: 40 });
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const look = (): void => {
      const next = { first: Math.floor(box.scrollTop / rowHeight / SPARE) * SPARE, rows: Math.ceil(box.clientHeight / rowHeight) };
      setSeen((old) => (old.first === next.first && old.rows === next.rows ? old : next));
    };
    look();
    box.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(box);
    return () => {
      box.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, [rowHeight]);
  if (count <= WHOLE) return { scroller, first: 0, last: count, above: 0, below: 0 };
  const first = Math.max(0, Math.min(seen.first - SPARE, count - seen.rows));
  const last = Math.min(count, seen.first + seen.rows + 2 * SPARE);
  return { scroller, first, last, above: first * rowHeight, below: (count - last) * rowHeight };
}
