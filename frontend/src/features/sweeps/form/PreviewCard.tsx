import { Group, List, Loader, Text } from "@mantine/core";

import type { SweepPreview } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatDuration } from "@/shared/format";
import { keyTitle } from "@/shared/metric";
import { ProblemText } from "@/shared/ProblemText";

import { pathTitle, reasonText, valueText } from "../names";
import classes from "../sweeps.module.css";

const SHOWN = 4;

interface Props {
  preview: SweepPreview | undefined;
  error: Error | null;
  busy: boolean;
}

/** What the sweep would do, before it does it: how many trainings, about how long, which combinations cannot be. */
export function PreviewCard({ preview, error, busy }: Props) {
  const { t } = useTranslation();
  if (error) return <ProblemText error={error} title={t("This sweep cannot be")} />;
  if (!preview) return busy ? <Loader size="sm" type="dots" aria-label={t("Working out the sweep")} /> : null;
  return (
    <section className={`nw-card ${classes["preview"] ?? ""}`} aria-label={t("Preview")} aria-busy={busy}>
      <Group gap="xl" align="flex-start">
        <Figure name={t("Trainings")} value={String(preview.trials)} />
        <Figure name={t("Epochs in all")} value={String(preview.epochs)} />
        <Figure name={t("About")} value={preview.seconds === null ? "–" : formatDuration(preview.seconds)} note={basisOf(preview, t)} />
        <Figure name={t("Decided by")} value={keyTitle(preview.metric)} note={preview.goal === "max" ? t("more is better") : t("less is better")} />
        <Figure name={t("At the same time")} value={String(preview.concurrency)} />
      </Group>
      {preview.rungs.length > 1 ? <RungLine preview={preview} /> : null}
      <Examples preview={preview} />
      {preview.refused.length > 0 ? <RefusedNote preview={preview} /> : null}
    </section>
  );
}

function basisOf(preview: SweepPreview, t: ReturnType<typeof useTranslation>["t"]): string {
  if (preview.basis === "measured") return t("from measured runs");
  return preview.basis === "predicted" ? t("as the Scheduler predicts") : t("not known yet");
}

function Figure({ name, value, note }: { name: string; value: string; note?: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text size="lg" fw={620} className="nw-numbers">
        {value}
      </Text>
      {note === undefined ? null : (
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      )}
    </div>
  );
}

/** How many trials come to each rung, as bars that grow shorter. */
function RungLine({ preview }: { preview: SweepPreview }) {
  const { t } = useTranslation();
  const most = Math.max(...preview.rungs.map((rung) => rung.trials), 1);
  return (
    <ol className={classes["rungs"]} aria-label={t("Rungs")}>
      {preview.rungs.map((rung) => (
        <li key={rung.epochs}>
          <span className={classes["rungBar"]} style={{ width: `${(100 * rung.trials) / most}%` }} aria-hidden />
          <span>{t("{{trials}} until epoch {{epoch}}", { trials: rung.trials, epoch: rung.epochs })}</span>
        </li>
      ))}
    </ol>
  );
}

function Examples({ preview }: { preview: SweepPreview }) {
  const { t } = useTranslation();
  const shown = preview.examples.slice(0, SHOWN);
  return (
    <div>
      <Text size="xs" c="dimmed" mb={4}>
        {t("The first trials")}
      </Text>
      <List size="xs" type="ordered" spacing={2}>
        {shown.map((values, place) => (
          <List.Item key={place}>
            {Object.entries(values)
              .map(([path, value]) => `${pathTitle(path)} ${valueText(value)}`)
              .join(", ")}
          </List.Item>
        ))}
      </List>
    </div>
  );
}

function RefusedNote({ preview }: { preview: SweepPreview }) {
  const { t } = useTranslation();
  return (
    <div className={classes["refused"]} role="note">
      <Text size="sm" fw={560}>
        {t("{{refused}} of {{checked}} combinations that were looked at cannot be trained; they are left out.", {
          refused: preview.refused.length,
          checked: preview.checked,
        })}
      </Text>
      <List size="xs" spacing={2} mt={4}>
        {preview.refused.slice(0, SHOWN).map((one) => (
          <List.Item key={one.number}>
            {t("Trial {{number}}: {{reason}}", { number: one.number + 1, reason: reasonText({ problem: one.problem, reason: null }) ?? "" })}
          </List.Item>
        ))}
      </List>
    </div>
  );
}
