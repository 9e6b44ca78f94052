import { Anchor, Button, Group } from "@mantine/core";
import { Download } from "lucide-react";
import { Fragment } from "react";
import { Link } from "wouter";

import { type ExportFormat, exportUrl } from "@/api/models";
import type { ModelVersion } from "@/api/types";
import { type Message, msg, type Translate } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { DatasetTitle } from "@/shared/DatasetTitle";
import { formatAge, formatBytes, formatCount, formatShape } from "@/shared/format";
import { useReadOnly } from "@/shared/readOnly";
import { StepList } from "@/shared/steps/StepList";

import { metricRows } from "./metrics";
import classes from "./models.module.css";
import { fieldsOf } from "./playground/row";
import { provenanceRows } from "./provenance";

const formats: { format: ExportFormat; title: Message }[] = [
  { format: "safetensors", title: msg("Weights (safetensors)") },
  { format: "onnx", title: msg("Model (ONNX)") },
  { format: "graph", title: msg("Graph (JSON)") },
  { format: "symbol", title: msg("Symbol (MXNet JSON)") },
];

/** What a version is: numbers, where it comes from, what can be taken away. */
export function VersionFacts({ name, version }: { name: string; version: ModelVersion }) {
  const { t } = useTranslation();
  const readOnly = useReadOnly();
  return (
    <>
      <FactBox title={t("Facts")} rows={factRows(version, t)}>
        {version.run === null || readOnly ? null : (
          <Row title={t("Made by")}>
            <Anchor component={Link} href={`/runs/${version.run}`} size="xs">
              {t("its run")}
            </Anchor>
          </Row>
        )}
        {version.dataset === null ? null : (
          <Row title={t("Trained on")}>
            {readOnly ? version.dataset : (
              <Anchor component={Link} href={`/data/${encodeURIComponent(version.dataset)}`} size="xs">
                <DatasetTitle id={version.dataset} />
              </Anchor>
            )}
          </Row>
        )}
      </FactBox>
      <FactBox title={t("Metrics")} rows={metricRows(version.metrics)} />
      {version.steps.length > 0 ? (
        <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Steps")}>
          <h2>{t("From raw inputs to the network")}</h2>
          <StepList steps={version.steps} />
        </section>
      ) : null}
      {readOnly ? null : <Downloads name={name} version={version} />}
      <FactBox title={t("Provenance")} rows={provenanceRows(version.provenance)} />
    </>
  );
}

/** What can be taken away. */
function Downloads({ name, version }: { name: string; version: ModelVersion }) {
  const { t } = useTranslation();
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Download")}>
      <h2>{t("Download")}</h2>
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
            {t(title)}
          </Button>
        ))}
      </Group>
    </section>
  );
}

function factRows(version: ModelVersion, t: Translate): [string, string][] {
  const classNames = version.label.classes;
  const rows: [string, string][] = [
    [t("Input"), inputText(version, t)],
    [t("Weights"), t("{{amount}} numbers, {{bytes}}", { amount: formatCount(version.parameters), bytes: formatBytes(version.bytes) })],
    [t("Trained"), formatAge(version.created_at)],
  ];
  if (classNames && version.input.kind !== "text") {
    rows.splice(1, 0, [t("Classes"), `${classNames.length}: ${classNames.join(", ")}`]);
  }
  if (version.label.kind === "value") rows.splice(1, 0, [t("Predicts"), version.label.name ?? t("a value")]);
  return rows;
}

function inputText({ input }: ModelVersion, t: Translate): string {
  if (input.kind === "image") return t("{{shape}} image", { shape: formatShape(input.shape) });
  if (input.kind === "text") return t("{{length}} characters of text", { length: formatShape(input.shape) });
  return t("a row of {{count}} columns", { count: fieldsOf(input).length });
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
