import { Text } from "@mantine/core";

import { useTranslation } from "@/i18n/react";

import { ActionButtons } from "../toolbar/ActionButtons";

export function ManyNodes({ count }: { count: number }) {
  const { t } = useTranslation();
  return (
    <>
      <Text fw={640}>{t("{{count}} nodes selected", { count })}</Text>
      <ActionButtons ids={["group", "duplicate", "delete", "copy", "align-left", "align-centre", "align-top", "deselect"]} />
    </>
  );
}
