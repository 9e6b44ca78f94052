import { Table } from "@mantine/core";
import { Link } from "wouter";

import type { Run } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { runTitle } from "@/shared/runTitle";

import { plotClass, tintName } from "../charts/theme";
import classes from "./compare.module.css";

/** The head of a table with a column for each run, in the run's colour. */
export function RunHeads({ runs, first }: { runs: readonly Run[]; first: string }) {
  useTranslation();
  return (
    <Table.Thead className={plotClass}>
      <Table.Tr>
        <Table.Th w={200}>{first}</Table.Th>
        {runs.map((run, tint) => (
          <Table.Th key={run.id}>
            <Link href={`/runs/${run.id}`} className={classes["run"] ?? ""}>
              <span className={classes["swatch"]} style={{ background: `var(${tintName(tint)})` }} aria-hidden />
              {runTitle(run)}
            </Link>
          </Table.Th>
        ))}
      </Table.Tr>
    </Table.Thead>
  );
}
