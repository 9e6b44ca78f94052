import { Table } from "@mantine/core";

import { useTranslation } from "@/i18n/react";
import { formatBytes, formatCount, formatShape } from "@/shared/format";

import { formatSeconds } from "./format";
import type { Plan } from "./model";
import { arenaTensors, heldUntil } from "./timeline";

/** Where a table is wider than the page, the keyboard scrolls it. */
const focusable = { viewportProps: { tabIndex: 0 } };

/** All that the pictures show, as numbers: for screen readers, and for those who want to read them. */
export function StepTable({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const heads = [t("Step"), t("Operator"), t("Name"), t("Stands for"), t("Output"), t("Place"), t("Operations"), t("Predicted time"), t("Measured time")];
  return (
    <Table.ScrollContainer minWidth={760} scrollAreaProps={focusable}>
      <Table fz="xs" verticalSpacing={4} highlightOnHover className="nw-numbers" aria-label={t("Steps of the plan")}>
        <Table.Thead>
          <Table.Tr>
            {heads.map((head) => (
              <Table.Th key={head}>{head}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {plan.steps.map((step) => {
            const output = plan.tensors.get(step.outputs[0] ?? -1);
            return (
              <Table.Tr key={step.step}>
                <Table.Td c="dimmed">{step.step}</Table.Td>
                <Table.Td>{step.op}</Table.Td>
                <Table.Td>{step.name}</Table.Td>
                <Table.Td>{step.view.nodes.join(", ")}</Table.Td>
                <Table.Td>{output ? formatShape(output.shape) : ""}</Table.Td>
                <Table.Td>{step.memory}</Table.Td>
                <Table.Td>{formatCount(step.flops)}</Table.Td>
                <Table.Td>{formatSeconds(step.predicted)}</Table.Td>
                <Table.Td>{step.measured === null ? "–" : formatSeconds(step.measured)}</Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

export function TensorTable({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const held = heldUntil(plan.report);
  return (
    <Table.ScrollContainer minWidth={620} scrollAreaProps={focusable}>
      <Table fz="xs" verticalSpacing={4} highlightOnHover className="nw-numbers" aria-label={t("Tensors in the arena")}>
        <Table.Thead>
          <Table.Tr>
            {[t("Tensor"), t("Shape"), t("Size"), t("Begins at byte"), t("First step"), t("Last step")].map((head) => (
              <Table.Th key={head}>{head}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {arenaTensors(plan.report).map((tensor) => (
            <Table.Tr key={tensor.id}>
              <Table.Td>{tensor.name}</Table.Td>
              <Table.Td>{formatShape(tensor.shape)}</Table.Td>
              <Table.Td>{formatBytes(tensor.bytes)}</Table.Td>
              <Table.Td>{tensor.offset}</Table.Td>
              <Table.Td>{tensor.first}</Table.Td>
              <Table.Td>{Math.min(held.get(tensor.id) ?? tensor.last, plan.steps.length - 1)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
