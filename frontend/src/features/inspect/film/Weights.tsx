import { Table, UnstyledButton } from "@mantine/core";

import type { WeightView } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatMetric, formatShape } from "@/shared/format";

import { HistogramView } from "../draw/HistogramView";
import { PictureView } from "../draw/PictureView";
import classes from "./film.module.css";

interface Props {
  weights: readonly WeightView[];
  chosen: string | null;
  onChoose: (name: string) => void;
}

/** Every weight with its kernels, its values and the gradient of the step that was looked at. */
export function Weights({ weights, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table verticalSpacing={6} aria-label={t("Weights")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("Weight")}</Table.Th>
            <Table.Th>{t("Kernels")}</Table.Th>
            <Table.Th>{t("Values")}</Table.Th>
            <Table.Th>{t("Gradient")}</Table.Th>
            <Table.Th ta="right">{t("Change a step")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {weights.map((weight) => (
            <Table.Tr key={weight.name} data-chosen={chosen === weight.name || undefined} className={classes["row"] ?? ""}>
              <Table.Td>
                <UnstyledButton
                  className={classes["rowName"] ?? ""}
                  aria-pressed={chosen === weight.name}
                  onClick={() => onChoose(weight.name)}
                >
                  {weight.name}
                </UnstyledButton>
                <div className={classes["dim"]}>{formatShape(weight.shape)}</div>
              </Table.Td>
              <Table.Td>{weight.picture ? <PictureView picture={weight.picture} name={weight.name} size={72} /> : "–"}</Table.Td>
              <Table.Td>
                <HistogramView histogram={weight.values} name={t("Values of {{node}}", { node: weight.name })} />
              </Table.Td>
              <Table.Td>
                {weight.gradient ? (
                  <HistogramView histogram={weight.gradient} name={t("Gradient of {{node}}", { node: weight.name })} tone="gradient" />
                ) : (
                  "–"
                )}
              </Table.Td>
              <Table.Td ta="right" className="nw-numbers">
                {weight.change === null ? "–" : t("{{percent}} %", { percent: formatMetric(100 * Number(weight.change)) })}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
