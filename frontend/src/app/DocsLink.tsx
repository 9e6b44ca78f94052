import { ActionIcon, Tooltip } from "@mantine/core";
import { BookOpen } from "lucide-react";

import { useTranslation } from "@/i18n/react";

/** The documentation, which the server keeps beside the page, in a tab of its own. */
export function DocsLink() {
  const { t } = useTranslation();
  return (
    <Tooltip label={t("Documentation")} position="right">
      <ActionIcon
        component="a"
        href="docs/"
        target="_blank"
        rel="noreferrer"
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t("Documentation")}
      >
        <BookOpen size={19} strokeWidth={1.8} />
      </ActionIcon>
    </Tooltip>
  );
}
