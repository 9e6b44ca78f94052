import { Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useContext } from "react";

import type { ModelVersion } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { InsideSlot } from "@/shared/insideSlot";
import { ProblemText } from "@/shared/ProblemText";

import classes from "../models.module.css";
import { usePrediction } from "../queries";
import { ImageTrial } from "./ImageTrial";
import { PredictionView } from "./PredictionView";
import { TableTrial } from "./TableTrial";
import { TextTrial } from "./TextTrial";
import type { Trial } from "./trial";

/** Long enough to gather the strokes of a moving hand, short enough to feel live. */
const PAUSE_MS = 120;

interface Props {
  name: string;
  version: ModelVersion;
  trial: Trial;
  onTrial: (trial: Trial) => void;
}

/** Something goes in by hand, the prediction comes out beside it. */
export function Playground({ name, version, trial, onTrial }: Props) {
  const { t } = useTranslation();
  const [settled] = useDebouncedValue(trial, PAUSE_MS);
  const prediction = usePrediction(name, version.version, settled.raw);
  const { kind } = version.input;
  const slots = useContext(InsideSlot);
  const reasoned = settled.raw !== null && !prediction.error && version.does.some((ability) => ability === "predict" || ability === "cluster");
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Playground")}>
      <h2>{t("Try it")}</h2>
      <div className={classes["try"]} data-kind={kind}>
        {kind === "image" ? (
          <ImageTrial version={version} trial={trial} onTrial={onTrial} />
        ) : kind === "text" ? (
          <TextTrial version={version} trial={trial} onTrial={onTrial} />
        ) : (
          <TableTrial name={name} version={version} onTrial={onTrial} />
        )}
        <div>
        <div role="region" aria-label={t("Prediction")}>
          {settled.raw === null ? (
            <Text c="dimmed" size="sm">
              {kind === "image"
                ? t("Draw something or take a test sample.")
                : kind === "text"
                  ? t("Type a text to see what comes next.")
                  : t("Fill in the row to see the prediction.")}
            </Text>
          ) : prediction.error ? (
            <ProblemText error={prediction.error} title={t("No prediction")} onRetry={() => void prediction.refetch()} />
          ) : prediction.data ? (
            <PredictionView
              reply={prediction.data}
              // The label belongs to the new input; the answer still shown may be the old one's.
              truth={prediction.isPlaceholderData ? undefined : settled.truth}
              valueName={version.label.name ?? t("Value")}
            />
          ) : (
            <Text c="dimmed" size="sm">
              {t("Asking the network …")}
            </Text>
          )}
        </div>
        {slots && reasoned && settled.raw !== null ? slots.reasons({ name, version, input: settled.raw }) : null}
        </div>
      </div>
    </section>
  );
}
