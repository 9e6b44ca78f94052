import { Anchor, Button, Group } from "@mantine/core";
import { Download } from "lucide-react";
import { Fragment } from "react";
import { Link } from "wouter";

import { type ExportFormat, exportUrl } from "@/api/models";
import type { ModelVersion } from "@/api/types";
import { DatasetTitle } from "@/shared/DatasetTitle";
import { formatAge, formatBytes, formatCount, formatShape } from "@/shared/format";

import { metricRows } from "./metrics";
import classes from "./models.module.css";
import { fieldsOf } from "./playground/row";
import { provenanceRows } from "./provenance";

const formats: { format: ExportFormat; title: string }[] = [
  { format: "safetensors", title: "Weights (safetensors)" },
  { format: "graph", title: "Graph (JSON)" },
  { format: "symbol", title: "Symbol (MXNet JSON)" },
];

/** What a version is: numbers, where it comes from, what can be taken away. */
export function VersionFacts({ name, version }: { name: string; version: ModelVersion }) {
  return (
    <>
      <FactBox title="Facts" rows={factRows(version)}>
        {version.run === null ? null : (
          <Row title="Made by">
            <Anchor component={Link} href={`/runs/${version.run}`} size="xs">
              its run
            </Anchor>
          </Row>
        )}
        {version.dataset === null ? null : (
          <Row title="Trained on">
            <Anchor component={Link} href={`/data/${encodeURIComponent(version.dataset)}`} size="xs">
              <DatasetTitle id={version.dataset} />
            </Anchor>
          </Row>
        )}
      </FactBox>
      <FactBox title="Metrics" rows={metricRows(version.metrics)} />
      <section className={`nw-card ${classes["box"] ?? ""}`} aria-label="Download">
        <h2>Download</h2>
        <Group gap="xs">
          {formats.map(({ format, title }) => (
            <Button
              key={format}
              component="a"
              href={exportUrl(name, version.version, format)}
              download
              size="xs"
              variant="default"
              leftSection={<Download size={14} aria-hidden />}
            >
              {title}
            </Button>
          ))}
        </Group>
      </section>
      <FactBox title="Provenance" rows={provenanceRows(version.provenance)} />
    </>
  );
}

function factRows(version: ModelVersion): [string, string][] {
  const classNames = version.label.classes;
  const rows: [string, string][] = [
    ["Input", inputText(version)],
    ["Weights", `${formatCount(version.parameters)} numbers, ${formatBytes(version.bytes)}`],
    ["Trained", formatAge(version.created_at)],
  ];
  if (classNames) rows.splice(1, 0, ["Classes", `${classNames.length}: ${classNames.join(", ")}`]);
  if (version.label.kind === "value") rows.splice(1, 0, ["Predicts", version.label.name ?? "a value"]);
  return rows;
}

function inputText({ input }: ModelVersion): string {
  if (input.kind === "image") return `${formatShape(input.shape)} image`;
  return `a row of ${fieldsOf(input).length} columns`;
}

interface BoxProps {
  title: string;
  rows: readonly (readonly [string, string])[];
  children?: React.ReactNode;
}

function FactBox({ title, rows, children }: BoxProps) {
  if (rows.length === 0 && !children) return null;
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={title}>
      <h2>{title}</h2>
      <dl className={classes["pair"]}>
        {rows.map(([key, value]) => (
          <Fragment key={key}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
        {children}
      </dl>
    </section>
  );
}

function Row({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </>
  );
}
