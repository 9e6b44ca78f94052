import { Badge, Table, Text } from "@mantine/core";
import { useMemo } from "react";

import type { Run } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { MiniGraph } from "@/shared/MiniGraph";

import classes from "./compare.module.css";
import { type ChangeKind, diffGraphs, type NodeChange } from "./graphs";
import { RunHeads } from "./RunHeads";

const kinds: Record<ChangeKind, { text: Message; color: string }> = {
  added: { text: msg("added"), color: "green" },
  removed: { text: msg("removed"), color: "red" },
  changed: { text: msg("changed"), color: "orange" },
  renamed: { text: msg("renamed"), color: "gray" },
};

/** The networks side by side: pictures, then every node that is not as in the first run. */
export function GraphDiff({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation();
  const [base, ...others] = runs;
  const diffs = useMemo(() => others.map((run) => (base ? diffGraphs(base.graph, run.graph) : [])), [base, others]);
  const rows = rowsOf(diffs);
  return (
    <section className={`nw-card ${classes["block"] ?? ""}`} aria-label={t("Networks")}>
      <header className={classes["head"]}>
        <Text component="h2" fw={600}>
          {t("Networks")}
        </Text>
        <Text size="xs" c="dimmed">
          {t("Compared with the first run.")}
        </Text>
      </header>
      <Table.ScrollContainer minWidth={420} type="native">
        <Table aria-label={t("Networks")} verticalSpacing="xs">
          <RunHeads runs={runs} first={t("Node")} />
          <Table.Tbody>
            <Table.Tr>
              <Table.Th scope="row" fw={500}>
                {t("Drawn")}
              </Table.Th>
              {runs.map((run) => (
                <Table.Td key={run.id}>
                  <MiniGraph graph={run.graph} height={110} />
                  <Text size="xs" c="dimmed" ta="center">
                    {t("{{count}} nodes", { count: run.graph.nodes.length })}
                  </Text>
                </Table.Td>
              ))}
            </Table.Tr>
            {rows.map(({ id, op, changes }) => (
              <Table.Tr key={id}>
                <Table.Th scope="row" fw={500}>
                  {id}
                  <Text size="xs" c="dimmed">
                    {op}
                  </Text>
                </Table.Th>
                <Table.Td>
                  <BaseCell changes={changes} />
                </Table.Td>
                {changes.map((change, place) => (
                  <Table.Td key={place}>
                    <ChangeCell change={change} />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {rows.length === 0 ? (
        <Text c="dimmed" size="sm">
          {t("The networks are the same.")}
        </Text>
      ) : null}
    </section>
  );
}

interface Row {
  id: string;
  op: string;
  /** For each other run; null where the node is as in the first. */
  changes: (NodeChange | null)[];
}

function rowsOf(diffs: readonly NodeChange[][]): Row[] {
  const rows = new Map<string, Row>();
  diffs.forEach((diff, place) => {
    for (const change of diff) {
      const row = rows.get(change.id) ?? { id: change.id, op: change.op, changes: diffs.map(() => null) };
      row.changes[place] = change;
      rows.set(change.id, row);
    }
  });
  return [...rows.values()];
}

/** What the first run has where others differ. */
function BaseCell({ changes }: { changes: readonly (NodeChange | null)[] }) {
  const values = new Map(changes.flatMap((change) => change?.details.map(({ what, before }) => [what, before] as const) ?? []));
  if (changes.every((change) => change === null || change.kind === "added")) return "–";
  return [...values].map(([what, before]) => <Value key={what} what={what} value={before} />);
}

function ChangeCell({ change }: { change: NodeChange | null }) {
  const { t } = useTranslation();
  if (!change) {
    return (
      <Text size="xs" c="dimmed">
        {t("the same")}
      </Text>
    );
  }
  const { text, color } = kinds[change.kind];
  return (
    <>
      <Badge size="sm" variant="light" color={color} tt="none">
        {t(text)}
      </Badge>
      {change.details.map(({ what, after }) => (
        <Value key={what} what={what} value={after} />
      ))}
    </>
  );
}

function Value({ what, value }: { what: string; value: string | null }) {
  return (
    <Text size="xs" className={classes["value"] ?? ""}>
      {what} <b>{value ?? "–"}</b>
    </Text>
  );
}
