import "uplot/dist/uPlot.min.css";

import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useEffectEvent, useRef } from "react";
import type uPlot from "uplot";

import classes from "./charts.module.css";
import { LivePlot, type LivePlotOptions } from "./livePlot";

export interface PlotProps extends LivePlotOptions {
  /** Read out instead of the picture. */
  label: string;
  hidden: ReadonlySet<string>;
  /** Gives the plot away for an export; null when it is gone. */
  onPlot: (plot: uPlot | null) => void;
}

/** The plot's life in React: made anew when its lines change, only fed when their points do. */
export function Plot(props: PlotProps) {
  const { frame, range, hidden, log, height, events } = props;
  const { signature } = frame;
  const host = useRef<HTMLDivElement>(null);
  const held = useRef<LivePlot | null>(null);
  const scheme = useComputedColorScheme("light");

  const make = useEffectEvent((element: HTMLElement) => {
    const live = new LivePlot(element, props);
    live.hide(hidden);
    return live;
  });
  const give = useEffectEvent((plot: uPlot | null) => props.onPlot(plot));

  useEffect(() => {
    if (!host.current) return;
    const live = make(host.current);
    held.current = live;
    give(live.plot);
    return () => {
      held.current = null;
      give(null);
      live.destroy();
    };
  }, [signature, log.x, log.y, height]);

  useEffect(() => held.current?.feed(frame, range), [frame, range]);
  useEffect(() => held.current?.hide(hidden), [hidden]);
  useEffect(() => held.current?.mark(events), [events]);
  useEffect(() => held.current?.recolor(), [scheme]);

  return <div ref={host} className={classes["host"]} role="img" aria-label={props.label} style={{ height }} />;
}
