import { Button, Slider, Switch, Text } from "@mantine/core";
import { ZoomOut } from "lucide-react";
import type { ReactNode } from "react";

import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";

import classes from "./charts.module.css";
import type { ChartView } from "./chartView";

/** Smoothing, logarithmic axes and the way back from a zoom, for all charts at once. */
export function ChartTools({ view, children }: { view: ChartView; children?: ReactNode }) {
  const { t } = useTranslation();
  const { log, range } = view;
  return (
    <div className={classes["tools"]}>
      <div className={classes["slider"]}>
        <span aria-hidden>{t("Smoothing")}</span>
        <Slider
          size="xs"
          min={0}
          max={0.98}
          step={0.01}
          value={view.smoothing}
          label={(value) => value.toFixed(2)}
          thumbLabel={t("Smoothing")}
          onChange={view.setSmoothing}
        />
      </div>
      <Switch
        size="xs"
        label={t("Logarithmic values")}
        checked={log.y}
        onChange={(event) => view.setLog({ ...log, y: event.currentTarget.checked })}
      />
      <Switch
        size="xs"
        label={t("Logarithmic steps")}
        checked={log.x}
        onChange={(event) => view.setLog({ ...log, x: event.currentTarget.checked })}
      />
      {children}
      {range ? (
        <Button size="compact-xs" variant="light" leftSection={<ZoomOut size={14} />} onClick={() => view.setRange(null)}>
          {t("Steps {{first}} to {{last}}: show all", { first: formatNumber(range[0]), last: formatNumber(range[1]) })}
        </Button>
      ) : (
        <Text size="xs" c="dimmed" visibleFrom="md">
          {t("Drag over a chart to zoom in, double-click to see all.")}
        </Text>
      )}
    </div>
  );
}
