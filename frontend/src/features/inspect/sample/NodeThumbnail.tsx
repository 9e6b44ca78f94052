import { Tooltip, UnstyledButton } from "@mantine/core";

import { useTranslation } from "@/i18n/react";
import { formatMetric, formatShape } from "@/shared/format";

import { PictureView } from "../draw/PictureView";
import { useLook } from "./probe";
import classes from "./sample.module.css";

/** The activation of one node beside it on the canvas. */
export function NodeThumbnail({ id }: { id: string }) {
  const { t } = useTranslation();
  const look = useLook();
  const view = look?.views.get(id);
  if (!look || !view) return null;
  const { values } = view;
  const facts = t("{{shape}}, from {{low}} to {{high}}, mean {{mean}}", {
    shape: formatShape(view.shape),
    low: formatMetric(values.low),
    high: formatMetric(values.high),
    mean: formatMetric(values.mean),
  });
  return (
    <Tooltip label={facts} position="right">
      <UnstyledButton
        className={`${classes["thumbnail"] ?? ""} nodrag nopan`}
        aria-label={t("Activation of {{node}} in detail", { node: id })}
        onClick={(event) => {
          event.stopPropagation();
          look.open(id);
        }}
      >
        <PictureView picture={view.picture} name={t("Activation of {{node}}", { node: id })} size={52} />
      </UnstyledButton>
    </Tooltip>
  );
}
