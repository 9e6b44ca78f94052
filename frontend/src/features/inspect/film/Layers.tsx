import { Badge, Text, UnstyledButton } from "@mantine/core";

import type { NodeView } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric, formatShape } from "@/shared/format";

import { HistogramView } from "../draw/HistogramView";
import { PictureView } from "../draw/PictureView";
import classes from "./film.module.css";

interface Props {
  nodes: readonly NodeView[];
  chosen: string | null;
  onChoose: (node: string) => void;
}

/** Every node's output for one sample, in the order in which they run. */
export function Layers({ nodes, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  return (
    <div className={classes["cards"]} role="list" aria-label={t("Activations by layer")}>
      {nodes.map((node) => (
        <div key={node.node} role="listitem">
          <UnstyledButton
            className={classes["card"] ?? ""}
            aria-pressed={chosen === node.node}
            aria-label={t("{{node}}, {{shape}}, mean {{mean}}", {
              node: node.node,
              shape: formatShape(node.shape),
              mean: formatMetric(node.values.mean),
            })}
            onClick={() => onChoose(node.node)}
          >
            <span className={classes["cardHead"]}>
              <b>{node.node}</b>
              <span>{formatShape(node.shape)}</span>
            </span>
            <span className={classes["cardBody"]}>
              <PictureView picture={node.picture} name={t("Activation of {{node}}", { node: node.node })} size={84} />
              <HistogramView histogram={node.values} name={t("Values of {{node}}", { node: node.node })} width={84} height={52} />
            </span>
            <Dead share={node.dead} />
          </UnstyledButton>
        </div>
      ))}
    </div>
  );
}

function Dead({ share }: { share: number | null }) {
  const { t } = useTranslation();
  if (share === null || share === 0) return <Text size="xs" c="dimmed">&nbsp;</Text>;
  return (
    <Badge size="sm" variant="light" color={share > 0.4 ? "orange" : "gray"}>
      {t("{{percent}} % never active", { percent: Math.round(100 * share) })}
    </Badge>
  );
}
