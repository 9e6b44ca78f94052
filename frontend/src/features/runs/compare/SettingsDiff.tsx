import { Switch, Table, Text } from "@mantine/core";
import { useState } from "react";

import type { Run } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import classes from "./compare.module.css";
import { RunHeads } from "./RunHeads";
import { settingRowsOf } from "./settings";

/** The settings of all runs side by side, those that differ first of all. */
export function SettingsDiff({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const rows = settingRowsOf(runs, t);
  const shown = all ? rows : rows.filter((row) => row.differs);
  return (
    <section className={`nw-card ${classes["block"] ?? ""}`} aria-label={t("Settings")}>
      <header className={classes["head"]}>
        <Text component="h2" fw={600}>
          {t("Settings")}
        </Text>
        <Switch size="xs" label={t("Also what is the same")} checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
      </header>
      {shown.length === 0 ? (
        <Text c="dimmed" size="sm">
          {t("All settings are the same.")}
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={420} type="native">
          <Table aria-label={t("Settings")}>
            <RunHeads runs={runs} first={t("Setting")} />
            <Table.Tbody>
              {shown.map((row) => (
                <Table.Tr key={row.name}>
                  <Table.Th scope="row" fw={500}>
                    {row.name}
                  </Table.Th>
                  {runs.map((run, place) => (
                    <Table.Td key={run.id} className={row.differs ? classes["differs"] ?? "" : ""}>
                      {row.values[place] ?? "–"}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </section>
  );
}
