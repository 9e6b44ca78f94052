import { Table, Text } from "@mantine/core";

import type { ClassesQuality } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import classes from "./quality.module.css";

const percent = (value: number | null): string => (value === null ? "–" : (100 * value).toFixed(1));

/** Precision and recall of each class, the weakest easy to find. */
export function ClassTable({ quality }: { quality: ClassesQuality }) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={300} mah={360}>
      <Table verticalSpacing={3} className="nw-numbers" aria-label={t("Precision and recall by class")} stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("Class")}</Table.Th>
            <Table.Th ta="right">{t("Samples")}</Table.Th>
            <Table.Th ta="right">{t("Precision %")}</Table.Th>
            <Table.Th ta="right">{t("Recall %")}</Table.Th>
            <Table.Th ta="right">{t("F1 score %")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {quality.classes.map((row) => (
            <Table.Tr key={row.index}>
              <Table.Td>{row.label}</Table.Td>
              <Table.Td ta="right">{row.support}</Table.Td>
              <Table.Td ta="right">{percent(row.precision)}</Table.Td>
              <Table.Td ta="right">{percent(row.recall)}</Table.Td>
              <Table.Td ta="right">{percent(row.f1)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

const SIDE = 150;

/** Whether the network is as often right as it says: bars on the diagonal are. */
export function Calibration({ quality }: { quality: ClassesQuality }) {
  const { t } = useTranslation();
  const bins = quality.calibration;
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  const off = bins.reduce((sum, bin) => sum + bin.count * Math.abs(bin.confidence - bin.accuracy), 0) / Math.max(1, total);
  const width = SIDE / bins.length;
  const words = t("Of its confidence the network is off by {{percent}} points on average.", { percent: (100 * off).toFixed(1) });
  return (
    <div className={classes["calibration"]}>
      <svg width={SIDE} height={SIDE} viewBox={`0 0 ${SIDE} ${SIDE}`} role="img" aria-label={`${t("Calibration")}: ${words}`}>
        <rect width={SIDE} height={SIDE} className={classes["calibrationGround"]} />
        {bins.map((bin, at) =>
          bin.count === 0 ? null : (
            <rect key={at} x={at * width + 1} y={SIDE * (1 - bin.accuracy)} width={width - 2} height={SIDE * bin.accuracy} className={classes["calibrationBar"]} />
          ),
        )}
        <line x1={0} y1={SIDE} x2={SIDE} y2={0} className={classes["calibrationLine"]} />
      </svg>
      <div>
        <Text size="sm" fw={560}>
          {t("Calibration")}
        </Text>
        <Text size="xs" c="dimmed" maw={220}>
          {t("Confidence to the right, how often it was right upwards.")} {words}
        </Text>
      </div>
    </div>
  );
}
