import { Table, Text } from "@mantine/core";
import { Fragment } from "react";

import type { PlanReport } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatBytes, formatCount } from "@/shared/format";

import { planRows } from "./steps";

/** The steps of a plan, forward and backward apart. */
export function PlanTable({ plan }: { plan: PlanReport }) {
  const { t } = useTranslation();
  const steps = planRows(plan);
  return (
    <Table fz="xs" verticalSpacing={4} stickyHeader highlightOnHover className="nw-numbers">
      <Table.Thead>
        <Table.Tr>
          {["", t("Operator"), t("Name"), t("Output"), t("Place"), t("Operations"), t("Memory")].map((title) => (
            <Table.Th key={title}>{title}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {steps.map((step, at) => (
          <Fragment key={step.step}>
            {step.phase !== steps[at - 1]?.phase && step.phase !== "" ? (
              <Table.Tr>
                <Table.Td colSpan={7}>
                  <Text size="xs" fw={600} c="dimmed">
                    {step.phase}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ) : null}
            <Table.Tr>
              <Table.Td c="dimmed">{step.step}</Table.Td>
              <Table.Td fw={560}>{step.op}</Table.Td>
              <Table.Td>{step.name}</Table.Td>
              <Table.Td>{step.output}</Table.Td>
              <Table.Td c="dimmed">{step.memory}</Table.Td>
              <Table.Td>{formatCount(step.flops)}</Table.Td>
              <Table.Td>{formatBytes(step.bytes)}</Table.Td>
            </Table.Tr>
          </Fragment>
        ))}
      </Table.Tbody>
    </Table>
  );
}
