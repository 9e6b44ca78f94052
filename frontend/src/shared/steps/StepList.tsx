import type { DataStep } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import classes from "./StepList.module.css";
import { stepText } from "./words";

/** What was done to the data, in order; the same list at the data and at every model that learnt from them. */
export function StepList({ steps }: { steps: readonly DataStep[] }) {
  const { t } = useTranslation();
  return (
    <ol className={classes["steps"]} aria-label={t("Steps from the file to the network")}>
      {steps.map((step, place) => (
        <li key={place}>{stepText(step, t)}</li>
      ))}
    </ol>
  );
}
