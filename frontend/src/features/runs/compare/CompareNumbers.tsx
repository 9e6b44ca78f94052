import { SegmentedControl, Table, Text } from "@mantine/core";
import { useState } from "react";

import type { Run } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";
import { isRising, keyTitle } from "@/shared/metric";

import { type Statistic, statisticOf } from "../columns";
import classes from "./compare.module.css";
import { RunHeads } from "./RunHeads";

const choices: { value: Statistic; label: Message }[] = [
  { value: "last", label: msg("Last") },
  { value: "best", label: msg("Best") },
  { value: "min", label: msg("Least") },
  { value: "max", label: msg("Greatest") },
];

/** Every metric of every run in one table; the best of each row stands out. */
export function CompareNumbers({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation();
  const [statistic, setStatistic] = useState<Statistic>("best");
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].filter((key) => key !== "lr").sort();
  return (
    <section className={`nw-card ${classes["block"] ?? ""}`} aria-label={t("Numbers")}>
      <header className={classes["head"]}>
        <Text component="h2" fw={600}>
          {t("Numbers")}
        </Text>
        <SegmentedControl
          size="xs"
          aria-label={t("Which number")}
          data={choices.map(({ value, label }) => ({ value, label: t(label) }))}
          value={statistic}
          onChange={(value) => setStatistic(value)}
        />
      </header>
      <Table.ScrollContainer minWidth={420} type="native">
        <Table aria-label={t("Numbers")}>
          <RunHeads runs={runs} first={t("Metric")} />
          <Table.Tbody>
            {keys.map((key) => (
              <NumberRow key={key} name={keyTitle(key)} values={runs.map((run) => statisticOf(run, key, statistic))} rising={isRising(key)} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  );
}

function NumberRow({ name, values, rising }: { name: string; values: readonly (number | null)[]; rising: boolean }) {
  const finite = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const best = rising ? Math.max(...finite) : Math.min(...finite);
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        {name}
      </Table.Th>
      {values.map((value, place) => (
        <Table.Td key={place} className="nw-numbers" fw={finite.length > 1 && value === best ? 700 : 400}>
          {value === null ? "–" : formatMetric(value)}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}
