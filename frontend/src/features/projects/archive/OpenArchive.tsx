import { Alert, Progress, Text } from "@mantine/core";
import { Info } from "lucide-react";

import type { OpenedProject } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";

import classes from "./archive.module.css";

/** How far the file has gone. */
export function SendingArchive({ fraction }: { fraction: number }) {
  const { t } = useTranslation();
  const percent = Math.round(fraction * 100);
  return (
    <div>
      <Progress value={percent} aria-label={t("Sending the file")} animated={fraction === 1} />
      <Text size="xs" c="dimmed" mt={4} role="status">
        {fraction < 1 ? t("{{percent}} % sent", { percent }) : t("The studio looks through the file")}
      </Text>
    </div>
  );
}

const ways: Record<OpenedProject["datasets"][number]["how"], Message> = {
  built_in: msg("is built in"),
  here: msg("was here already"),
  added: msg("came with the file"),
  missing: msg("is missing here"),
};

/** What the parts of a file have become. */
export function OpenedReport({ opened }: { opened: OpenedProject }) {
  const { t } = useTranslation();
  const missing = opened.datasets.filter(({ how }) => how === "missing");
  const renamed = opened.project.name !== opened.packed_name;
  return (
    <section aria-label={t("What was opened")}>
      <Text fw={600}>{opened.project.name}</Text>
      {renamed ? (
        <Text size="xs" c="dimmed">
          {t("Another project is called “{{name}}” already.", { name: opened.packed_name })}
        </Text>
      ) : null}
      <dl className={classes["report"]}>
        <dt>{t("Versions")}</dt>
        <dd>{opened.versions}</dd>
        <dt>{t("Runs")}</dt>
        <dd>{opened.runs}</dd>
        {opened.sweeps > 0 ? <dt>{t("Sweeps")}</dt> : null}
        {opened.sweeps > 0 ? <dd>{opened.sweeps}</dd> : null}
        {opened.datasets.length > 0 ? <dt>{t("Data")}</dt> : null}
        {opened.datasets.length > 0 ? (
          <dd>
            {opened.datasets.map(({ name, how }) => (
              <div key={name}>
                {name} {t(ways[how])}
              </div>
            ))}
          </dd>
        ) : null}
        {opened.models.length > 0 ? <dt>{t("Models")}</dt> : null}
        {opened.models.length > 0 ? (
          <dd>
            {opened.models.map(({ name, became, version }) => (
              <div key={`${became}:${version}`}>
                {became === name
                  ? t("{{name}}, version {{version}}", { name, version })
                  : t("{{name}}, version {{version}}: here it is called {{became}}", { name, version, became })}
              </div>
            ))}
          </dd>
        ) : null}
      </dl>
      {missing.length > 0 ? (
        <Alert color="yellow" mt="sm" p="xs" icon={<Info size={16} aria-hidden />}>
          {t("Upload the missing data and choose them in the project, or have the file saved with its data.")}
        </Alert>
      ) : null}
    </section>
  );
}
