import uPlot from "uplot";

import type { LogAxes, PlotFrame } from "./align";
import type { EventMark } from "./eventMarks";
import { makeOptions, type PlotSize, type Range } from "./options";
import { type PlotColors, readColors } from "./theme";

export interface LivePlotOptions {
  frame: PlotFrame;
  range: Range | null;
  /** What happened while it trained, drawn as lines across. */
  events: readonly EventMark[];
  log: LogAxes;
  height: number;
  /** Plots of one group share their cursor. */
  group: string;
  onZoom: (range: Range | null) => void;
  onHover: (step: number | null) => void;
}

/** A uPlot that keeps what it draws from, follows its element's width and reads its colours from the page. */
export class LivePlot {
  readonly plot: uPlot;
  private frame: PlotFrame;
  private range: Range | null;
  private events: readonly EventMark[];
  private colors: PlotColors;
  private readonly observer: ResizeObserver;

  constructor(
    private readonly element: HTMLElement,
    options: LivePlotOptions,
  ) {
    this.frame = options.frame;
    this.range = options.range;
    this.events = options.events;
    this.colors = readColors(element);
    const { height } = options;
    const uplotOptions = makeOptions(options.frame, options.log, options.group, sizeOf(element, height), {
      colors: () => this.colors,
      frame: () => this.frame,
      range: () => this.range,
      events: () => this.events,
      onZoom: options.onZoom,
      onHover: options.onHover,
    });
    this.plot = new uPlot(uplotOptions, options.frame.data, element);
    this.observer = new ResizeObserver(() => this.plot.setSize(sizeOf(element, height)));
    this.observer.observe(element);
  }

  feed(frame: PlotFrame, range: Range | null): void {
    if (frame === this.frame && range === this.range) return;
    this.frame = frame;
    this.range = range;
    this.plot.setData(frame.data, true);
  }

  mark(events: readonly EventMark[]): void {
    if (events === this.events) return;
    this.events = events;
    this.plot.redraw(false);
  }

  hide(keys: ReadonlySet<string>): void {
    this.plot.batch(() =>
      this.frame.lines.forEach((line, place) => this.plot.setSeries(place + 1, { show: !keys.has(line.key) })),
    );
  }

  /** Light became dark, or the other way. */
  recolor(): void {
    this.colors = readColors(this.element);
    this.plot.redraw(false);
  }

  destroy(): void {
    this.observer.disconnect();
    this.plot.destroy();
  }
}

function sizeOf(element: HTMLElement, height: number): PlotSize {
  return { width: Math.max(120, element.clientWidth), height };
}
