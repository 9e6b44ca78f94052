import { ActionIcon, Tooltip } from "@mantine/core";
import { BookOpen } from "lucide-react";

/** The documentation, which the server keeps beside the page, in a tab of its own. */
export function DocsLink() {
  return (
    <Tooltip label="Documentation" position="right">
      <ActionIcon
        component="a"
        href="docs/"
        target="_blank"
        rel="noreferrer"
        variant="subtle"
        color="gray"
        size="lg"
        aria-label="Documentation"
      >
        <BookOpen size={19} strokeWidth={1.8} />
      </ActionIcon>
    </Tooltip>
  );
}
