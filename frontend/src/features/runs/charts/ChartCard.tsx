import { ActionIcon, Menu, Text } from "@mantine/core";
import { Download } from "lucide-react";
import { useMemo, useState } from "react";
import type uPlot from "uplot";

import { type Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";

import { alignCurves, type LogAxes, type Mark } from "./align";
import classes from "./charts.module.css";
import { readout, savePng, saveText, writeCsv } from "./download";
import { type EventMark, marksNear } from "./eventMarks";
import type { ChartGroup } from "./groups";
import type { Range } from "./options";
import { Plot } from "./Plot";
import { writeSvg } from "./svg";
import { plotClass, readColors, swatchStyle } from "./theme";

export interface ChartCardProps {
  group: ChartGroup;
  /** What downloaded files are called. */
  fileName: string;
  cursorGroup: string;
  smoothing: number;
  log: LogAxes;
  height: number;
  range: Range | null;
  events: readonly EventMark[];
  onZoom: (range: Range | null) => void;
}

/** One metric: its curves, a legend that shows values and switches lines, and what can be saved. */
export function ChartCard(props: ChartCardProps) {
  const { t } = useTranslation();
  const { group, smoothing, log, range } = props;
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [hovered, setHovered] = useState<number | null>(null);
  const [plot, setPlot] = useState<uPlot | null>(null);
  const frame = useMemo(() => alignCurves(group.curves, smoothing, log), [group, smoothing, log]);
  const values = readout(group.curves, hovered);
  const steps = frame.data[0];
  const width = range ? range[1] - range[0] : (steps.at(-1) ?? 0) - (steps[0] ?? 0);
  const near = hovered === null ? [] : marksNear(props.events, hovered, width);
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
  const saveDrawing = (): void => {
    const holder = plot?.root.parentElement;
    if (!plot || !holder) return;
    const shown = group.curves.filter((curve) => !hidden.has(curve.key));
    saveText(`${fileName}.svg`, writeSvg({ ...group, curves: shown }, frame, plot, log, readColors(holder)), "image/svg+xml");
  };

  return (
    <section className={`nw-card ${plotClass} ${classes["card"] ?? ""}`} aria-label={t("{{title}} chart", { title: group.title })}>
      <div className={classes["head"]}>
        <Text component="h2" size="sm" fw={600} className={classes["title"] ?? ""}>
          {group.title}
        </Text>
        <span className={classes["where"]}>
          {hovered === null ? "" : [t("step {{step}}", { step: formatNumber(hovered) }), ...near.map((mark) => mark.text)].join(" · ")}
        </span>
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t("Save the {{title}} chart", { title: group.title })}>
              <Download size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={savePicture}>{t("Picture (PNG)")}</Menu.Item>
            <Menu.Item onClick={saveDrawing}>{t("Drawing (SVG)")}</Menu.Item>
            <Menu.Item onClick={() => saveText(`${fileName}.csv`, writeCsv(group.curves.filter((curve) => !curve.ghost)), "text/csv")}>
              {t("Values (CSV)")}
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
            title={hidden.has(curve.key) ? t("Show {{label}}", { label: curve.label }) : t("Hide {{label}}", { label: curve.label })}
            onClick={() => toggle(curve.key)}
          >
            <span
              className={classes["swatch"]}
              data-role={curve.role}
              data-ghost={curve.ghost}
              data-dashed={(curve.tint !== undefined && curve.role !== "train" && curve.role !== "other") || undefined}
              {...(curve.tint === undefined ? {} : { style: swatchStyle(curve.tint) })}
              aria-hidden
            />
            {curve.label}
            <span className={classes["value"]}>{formatValue(values[place])}</span>
          </button>
        ))}
      </div>
      <Plot
        label={describe(group, values, t)}
        frame={frame}
        log={log}
        height={props.height}
        range={range}
        events={props.events}
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

function describe(group: ChartGroup, values: readonly (number | null)[], t: Translate): string {
  const parts = group.curves.map((curve, place) => {
    const last = curve.step.at(-1) ?? 0;
    return t("{{curve}} {{value}} (to step {{step}})", { curve: curve.label, value: formatValue(values[place]), step: last });
  });
  return `${group.title}: ${parts.join(", ")}`;
}

function MarkNote({ marks }: { marks: readonly Mark[] }) {
  const { t } = useTranslation();
  const first = marks[0];
  if (!first) return null;
  const value = formatMetric(first.value);
  const mark = { label: first.label, value, step: formatNumber(first.step) };
  return (
    <Text size="xs" c="var(--nw-danger)" mt={4} role="status">
      {marks.length > 1
        ? t("▲ {{label}} was {{value}} at step {{step}}, and {{count}} more", { ...mark, count: marks.length - 1 })
        : t("▲ {{label}} was {{value}} at step {{step}}", mark)}
    </Text>
  );
}
