import { Text } from "@mantine/core";

import type { CheckReport, Project } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatAge, formatCount, formatFlops } from "@/shared/format";
import { GraphPicture } from "@/shared/GraphPicture";
import { LayerList } from "@/shared/LayerList";
import { PageHeader } from "@/shared/PageHeader";

import classes from "./SharedPage.module.css";

interface Props {
  project: Project;
  report: CheckReport | null;
}

/** A network to be looked at: its picture, its layers with their shapes, and how it is trained. */
export function SharedProject({ project, report }: Props) {
  const { t } = useTranslation();
  const { graph, settings } = project;
  const rate = settings.optimizer_params["learning_rate"];
  const facts: [string, string][] = [
    [t("Data set"), project.dataset ?? t("none")],
    [t("Optimizer"), settings.optimizer],
    [t("Learning rate"), typeof rate === "number" ? String(rate) : ""],
    [t("Batch size"), String(settings.batch_size)],
    [t("Epochs"), String(settings.epochs)],
    [t("Initial weights"), settings.initializer],
    [t("Seed"), String(settings.seed)],
  ];
  const totals = report ? { weights: formatCount(report.totals.parameters), flops: formatFlops(report.totals.flops) } : null;
  return (
    <>
      <PageHeader title={project.name} subtitle={t("Last changed {{age}}", { age: formatAge(project.updated_at) })} />
      <div className={classes["project"]}>
        <div className="nw-card">
          <GraphPicture graph={graph} report={report} label={t("Picture of the network")} />
        </div>
        <div className={classes["side"]}>
          <section className="nw-card" aria-label={t("Network")}>
            <h2>{t("Network")}</h2>
            {totals ? (
              <Text size="xs" c="dimmed" mb="xs">
                {t("{{weights}} weights, {{flops}} for a sample", totals)}
              </Text>
            ) : null}
            <LayerList nodes={graph.nodes} report={report} />
          </section>
          <section className="nw-card" aria-label={t("Training settings")}>
            <h2>{t("Training settings")}</h2>
            <dl className={classes["facts"]}>
              {facts.filter(([, value]) => value !== "").map(([key, value]) => (
                <div key={key}>
                  <dt>{key}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </section>
        </div>
      </div>
    </>
  );
}
