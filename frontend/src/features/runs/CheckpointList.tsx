import { Table, Text } from "@mantine/core";

import { formatAge, formatBytes } from "@/shared/format";

import type { RunSnapshot } from "./history";

/** The checkpoints a run wrote, newest first. */
export function CheckpointList({ checkpoints }: { checkpoints: RunSnapshot["checkpoints"] }) {
  if (checkpoints.length === 0)
    return (
      <Text size="sm" c="dimmed">
        No checkpoint yet. One is written at the interval of the settings, when training pauses, and at its end.
      </Text>
    );
  return (
    <Table aria-label="Checkpoints" className="nw-numbers" maw={640}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Step</Table.Th>
          <Table.Th>Epoch</Table.Th>
          <Table.Th>Size</Table.Th>
          <Table.Th>Written</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {[...checkpoints].reverse().map((checkpoint) => (
          <Table.Tr key={`${checkpoint.step}-${checkpoint.time}`}>
            <Table.Td>{checkpoint.step.toLocaleString()}</Table.Td>
            <Table.Td>{Number(checkpoint.epoch.toFixed(2))}</Table.Td>
            <Table.Td>{formatBytes(checkpoint.bytes)}</Table.Td>
            <Table.Td>{formatAge(checkpoint.time)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
