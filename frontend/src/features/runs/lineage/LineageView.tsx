import { Anchor, Text } from "@mantine/core";
import { CornerDownRight } from "lucide-react";
import { Link } from "wouter";

import type { Run, RunOrigin, RunRelative } from "@/api/types";
import { type Message, msg, type Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { ProblemText } from "@/shared/ProblemText";
import { runTitle } from "@/shared/runTitle";

import { useLineage } from "../queries";
import { StateBadge } from "../StateBadge";
import { bestText } from "../table";
import { layFamily } from "./family";
import classes from "./lineage.module.css";

/** Where a run comes from and what came of it: the whole family, each with what is different in it. */
export function LineageView({ run }: { run: Run }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useLineage(run.id);
  if (error) return <ProblemText error={error} onRetry={() => void refetch()} />;
  if (!data) return null;
  if (data.length < 2)
    return (
      <Text size="sm" c="dimmed">
        {t("This run comes from no other, and nothing was forked from it yet. Fork it to try something else from one of its checkpoints, or from the same first weights.")}
      </Text>
    );
  return (
    <ul className={classes["family"]} aria-label={t("Lineage")}>
      {layFamily(data).map(({ run: one, depth }) => (
        <li key={one.id} style={{ paddingLeft: depth * 26 }} aria-current={one.id === run.id ? "true" : undefined}>
          {depth > 0 ? <CornerDownRight size={15} className={classes["elbow"]} aria-hidden /> : null}
          <div className={classes["member"]}>
            <div className={classes["line"]}>
              <Name relative={one} here={one.id === run.id} />
              {one.state === null ? null : <StateBadge state={one.state} />}
              <Text size="xs" c="dimmed" className="nw-numbers">
                {one.best ? bestText(one) : null}
              </Text>
            </div>
            {one.origin ? (
              <Text size="xs" c="dimmed">
                {originText(one.origin, t)}
              </Text>
            ) : null}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Name({ relative, here }: { relative: RunRelative; here: boolean }) {
  const { t } = useTranslation();
  const name = runTitle(relative);
  if (relative.state === null)
    return (
      <Text size="sm" c="dimmed">
        {t("{{run}}, deleted", { run: name })}
      </Text>
    );
  if (here)
    return (
      <Text size="sm" fw={650}>
        {t("{{run}} (this one)", { run: name })}
      </Text>
    );
  return (
    <Anchor component={Link} href={`/runs/${relative.id}`} size="sm" fw={560}>
      {name}
    </Anchor>
  );
}

/** "From step 400: learning rate 0.1 → 0.01". */
export function originText(origin: RunOrigin, t: Translate): string {
  const step = origin.step === null ? "" : formatNumber(origin.step);
  const from =
    origin.kind === "initial"
      ? t("With the same first weights")
      : origin.kind === "checkpoint"
        ? t("Goes on from step {{step}}", { step })
        : t("Begins with the weights of step {{step}}", { step });
  const changes = origin.differences.map(({ name, before, after }) => `${differenceName(name, t)} ${plain(before)} → ${plain(after)}`);
  return changes.length === 0 ? t("{{from}}, nothing changed", { from }) : `${from}: ${changes.join(", ")}`;
}

const names: Readonly<Record<string, Message>> = {
  "optimizer_params.learning_rate": msg("Learning rate"),
  "optimizer_params.wd": msg("Weight decay"),
  optimizer: msg("Optimizer"),
  batch_size: msg("Batch size"),
  epochs: msg("Epochs"),
  seed: msg("Seed"),
};

/** A setting by its name on the page; anything else, such as "fc1.num_hidden", as it is. */
function differenceName(name: string, t: Translate): string {
  const known = names[name];
  return known ? t(known) : name;
}

const plain = (value: unknown): string => (value === null || value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value));
