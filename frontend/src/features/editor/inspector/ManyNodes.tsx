import { Text } from "@mantine/core";

import { ActionButtons } from "../toolbar/ActionButtons";

export function ManyNodes({ count }: { count: number }) {
  return (
    <>
      <Text fw={640}>{count} nodes selected</Text>
      <ActionButtons ids={["duplicate", "delete", "copy", "align-left", "align-centre", "align-top", "deselect"]} />
    </>
  );
}
