import { Button, Group, Text } from "@mantine/core";
import { ArrowRight, Check, Trophy } from "lucide-react";
import { Link, useLocation } from "wouter";

import type { Sweep, SweepTrial } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";
import { keyTitle } from "@/shared/metric";
import { notifyDone } from "@/shared/notify";

import { pathTitle, valueText } from "./names";
import { useApplyTrial } from "./queries";
import classes from "./sweeps.module.css";

/** The best trial of those that came farthest, and what to do with it. */
export function BestCard({ sweep, trials }: { sweep: Sweep; trials: readonly SweepTrial[] }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const apply = useApplyTrial(sweep.id);
  const best = trials.find((trial) => trial.number === sweep.best);
  if (!best) return null;
  const take = (): void =>
    apply.mutate(best.number, {
      onSuccess: ({ project }) => {
        notifyDone(t("The project has the values of trial {{number}} now.", { number: best.number + 1 }));
        navigate(`/projects/${project}/train`);
      },
    });
  return (
    <section className={`nw-card ${classes["bestCard"] ?? ""}`} aria-label={t("Best trial")}>
      <Trophy size={22} aria-hidden />
      <div className={classes["grow"]}>
        <Text fw={620}>
          {t("Trial {{number}}: {{metric}} {{value}}", {
            number: best.number + 1,
            metric: keyTitle(sweep.metric),
            value: best.score === null ? "–" : formatMetric(best.score),
          })}
        </Text>
        <Text size="sm" c="dimmed">
          {sweep.parameters.map(({ path }) => `${pathTitle(path)} ${valueText(best.values[path])}`).join(" · ")}
        </Text>
      </div>
      <Group gap="xs">
        {best.run === null ? null : (
          <Button component={Link} href={`/runs/${best.run}`} size="xs" variant="default" rightSection={<ArrowRight size={15} aria-hidden />}>
            {t("Open the best run")}
          </Button>
        )}
        {sweep.project === null ? null : (
          <Button size="xs" leftSection={<Check size={15} aria-hidden />} loading={apply.isPending} onClick={take}>
            {t("Apply to the project")}
          </Button>
        )}
      </Group>
    </section>
  );
}
