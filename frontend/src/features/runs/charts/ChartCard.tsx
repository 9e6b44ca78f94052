import { ActionIcon, Menu, Text } from "@mantine/core";
import { Download } from "lucide-react";
import { useMemo, useState } from "react";
import type uPlot from "uplot";

import { formatMetric } from "@/shared/format";

import { alignCurves, type Mark } from "./align";
import classes from "./charts.module.css";
import { readout, savePng, saveText, writeCsv } from "./download";
import type { ChartGroup } from "./groups";
import type { Range } from "./options";
import { Plot } from "./Plot";
import { plotClass, readColors } from "./theme";

export interface ChartCardProps {
  group: ChartGroup;
  /** What downloaded files are called. */
  fileName: string;
  cursorGroup: string;
  smoothing: number;
  logarithmic: boolean;
  height: number;
  range: Range | null;
  onZoom: (range: Range | null) => void;
}

/** One metric: its curves, a legend that shows values and switches lines, and what can be saved. */
export function ChartCard(props: ChartCardProps) {
  const { group, smoothing, logarithmic, range } = props;
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [hovered, setHovered] = useState<number | null>(null);
  const [plot, setPlot] = useState<uPlot | null>(null);
  const frame = useMemo(() => alignCurves(group.curves, smoothing, logarithmic), [group, smoothing, logarithmic]);
  const values = readout(group.curves, hovered);
  const fileName = `${props.fileName}-${group.metric}`;

  const toggle = (key: string): void =>
    setHidden((old) => {
      const next = new Set(old);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  const savePicture = (): void => {
    const holder = plot?.root.parentElement;
    if (plot && holder) savePng(`${fileName}.png`, plot, group, readColors(holder));
  };

  return (
    <section className={`nw-card ${plotClass} ${classes["card"] ?? ""}`} aria-label={`${group.title} chart`}>
      <div className={classes["head"]}>
        <Text component="h3" size="sm" fw={600} className={classes["title"] ?? ""}>
          {group.title}
        </Text>
        <span className={classes["where"]}>{hovered === null ? "" : `step ${hovered.toLocaleString()}`}</span>
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={`Save the ${group.title} chart`}>
              <Download size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={savePicture}>Picture (PNG)</Menu.Item>
            <Menu.Item onClick={() => saveText(`${fileName}.csv`, writeCsv(group.curves), "text/csv")}>
              Values (CSV)
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      <div className={classes["legend"]}>
        {group.curves.map((curve, place) => (
          <button
            key={curve.key}
            type="button"
            className={classes["entry"]}
            aria-pressed={!hidden.has(curve.key)}
            title={hidden.has(curve.key) ? `Show ${curve.label}` : `Hide ${curve.label}`}
            onClick={() => toggle(curve.key)}
          >
            <span className={classes["swatch"]} data-role={curve.role} aria-hidden />
            {curve.label}
            <span className={classes["value"]}>{formatValue(values[place])}</span>
          </button>
        ))}
      </div>
      <Plot
        label={describe(group, values)}
        frame={frame}
        logarithmic={logarithmic}
        height={props.height}
        range={range}
        hidden={hidden}
        group={props.cursorGroup}
        onZoom={props.onZoom}
        onHover={setHovered}
        onPlot={setPlot}
      />
      <MarkNote marks={frame.marks} />
    </section>
  );
}

function formatValue(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : formatMetric(value);
}

function describe(group: ChartGroup, values: readonly (number | null)[]): string {
  const parts = group.curves.map((curve, place) => {
    const last = curve.step.at(-1) ?? 0;
    return `${curve.label} ${formatValue(values[place])} (to step ${last})`;
  });
  return `${group.title}: ${parts.join(", ")}`;
}

function MarkNote({ marks }: { marks: readonly Mark[] }) {
  const first = marks[0];
  if (!first) return null;
  const word = Number.isNaN(first.value) ? "NaN" : "infinite";
  const more = marks.length > 1 ? `, and ${marks.length - 1} more` : "";
  return (
    <Text size="xs" c="var(--nw-danger)" mt={4} role="status">
      ▲ {first.label} was {word} at step {first.step.toLocaleString()}
      {more}
    </Text>
  );
}
