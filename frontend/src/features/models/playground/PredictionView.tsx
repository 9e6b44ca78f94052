import { Badge, Text } from "@mantine/core";

import type { Label, Prediction, PredictReply } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric, toNumber } from "@/shared/format";

import classes from "../models.module.css";
import { flatten } from "./pixels";

/** Up to this many classes are shown in their own order; of more, the likeliest. */
const ALL_CLASSES = 12;
const LIKELIEST = 8;
const OUTPUTS_SHOWN = 16;

interface Props {
  reply: PredictReply;
  /** What the sample really is; undefined when nobody knows. */
  truth: Label | undefined;
  /** What a predicted value is called. */
  valueName: string;
}

/** What the network says: a class with its probabilities, a value, or its output as it is. */
export function PredictionView({ reply, truth, valueName }: Props) {
  const { t } = useTranslation();
  const prediction = reply.predictions[0];
  if (!prediction) return null;
  return (
    <div className={classes["answer"]} aria-live="polite">
      {prediction.probabilities ? (
        <ClassAnswer prediction={prediction} truth={truth} />
      ) : prediction.cluster ? (
        <ClusterAnswer cluster={prediction.cluster} prediction={prediction} />
      ) : prediction.value !== undefined ? (
        <ValueAnswer value={toNumber(prediction.value)} truth={truth} name={valueName} />
      ) : (
        <OutputAnswer prediction={prediction} />
      )}
      <Text size="xs" c="dimmed" mt="sm">
        {t("Version {{version}} answered in {{milliseconds}} ms", { version: reply.version, milliseconds: formatMetric(Number(reply.ms.toPrecision(2))) })}
      </Text>
    </div>
  );
}

function ClassAnswer({ prediction, truth }: { prediction: Prediction; truth: Label | undefined }) {
  const { t } = useTranslation();
  const all = prediction.probabilities ?? [];
  const shown = all.length <= ALL_CLASSES ? all : [...all].sort((a, b) => toNumber(b.p) - toNumber(a.p)).slice(0, LIKELIEST);
  return (
    <>
      <div className={classes["verdict"]}>
        <strong>{spelled(prediction.label ?? "")}</strong>
        {truth === undefined || truth === null ? null : (
          <Badge color={String(truth) === prediction.label ? "green" : "red"} variant="light" tt="none">
            {String(truth) === prediction.label ? t("as labelled") : t("labelled {{truth}}", { truth })}
          </Badge>
        )}
      </div>
      <ul className={classes["bars"]} aria-label={t("Probabilities")}>
        {shown.map(({ label, p }) => {
          const percent = 100 * toNumber(p);
          return (
            <li key={label} data-best={label === prediction.label}>
              <span title={label}>{spelled(label)}</span>
              <span className={classes["track"]} aria-hidden>
                <div className={classes["fill"]} style={{ width: `${percent}%` }} />
              </span>
              <span>{percent.toFixed(1)} %</span>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function ValueAnswer({ value, truth, name }: { value: number; truth: Label | undefined; name: string }) {
  const { t } = useTranslation();
  return (
    <>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <div className={classes["verdict"]}>
        <strong>{formatMetric(value)}</strong>
        {typeof truth === "number" ? (
          <Text component="span" size="sm" c="dimmed">
            {t("really {{truth}}, off by {{error}}", { truth: formatMetric(truth), error: formatMetric(Math.abs(value - truth)) })}
          </Text>
        ) : null}
      </div>
    </>
  );
}

interface ClusterProps {
  cluster: NonNullable<Prediction["cluster"]>;
  prediction: Prediction;
}

function ClusterAnswer({ cluster, prediction }: ClusterProps) {
  const { t } = useTranslation();
  const { index, size, distance, label, share } = cluster;
  return (
    <>
      <div className={classes["verdict"]}>
        <strong>{t("Cluster {{number}}", { number: index + 1 })}</strong>
        {label === null || share === null ? null : (
          <Badge variant="light" tt="none">
            {t("{{percent}} % of it are {{label}}", { percent: (100 * toNumber(share)).toFixed(0), label })}
          </Badge>
        )}
      </div>
      <Text size="xs" c="dimmed" mb="xs">
        {t("{{size}} training samples lie in it; this one is {{distance}} from its centre.", {
          size: formatMetric(size),
          distance: formatMetric(toNumber(distance)),
        })}
      </Text>
      {prediction.png === undefined ? null : <OutputAnswer prediction={prediction} />}
    </>
  );
}

function OutputAnswer({ prediction }: { prediction: Prediction }) {
  const { t } = useTranslation();
  if (prediction.png !== undefined)
    return (
      <div className={classes["seen"]}>
        <img src={prediction.png} alt={t("Output of the network")} className={classes["picture"]} />
        <Text size="xs" c="dimmed">
          {t("What the network makes of it")}
        </Text>
      </div>
    );
  const values = flatten(prediction.output ?? []);
  const more = values.length > OUTPUTS_SHOWN ? t(" … and {{count}} more", { count: values.length - OUTPUTS_SHOWN }) : "";
  return (
    <Text size="sm" ff="monospace">
      {values.slice(0, OUTPUTS_SHOWN).map(formatMetric).join(", ")}
      {more}
    </Text>
  );
}

/** Characters that cannot be seen, by a sign. */
const spelled = (label: string): string => (label === "\n" ? "⏎" : label === " " ? "␣" : label);
