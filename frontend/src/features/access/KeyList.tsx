import { Button, Group, Modal, Table, Text } from "@mantine/core";
import { useState } from "react";

import type { ApiKey } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { EndingText } from "@/shared/EndingText";
import { formatAge } from "@/shared/format";

import { useRevokeKey } from "./queries";
import { scopeNames } from "./scopes";

/** Keys with what they may, when they were used and until when they last. */
export function KeyList({ keys }: { keys: readonly ApiKey[] }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<ApiKey | null>(null);
  const revoke = useRevokeKey();
  return (
    <>
      <Table mt="md" aria-label={t("API keys")} verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("Name")}</Table.Th>
            <Table.Th>{t("Begins")}</Table.Th>
            <Table.Th>{t("May")}</Table.Th>
            <Table.Th>{t("Made")}</Table.Th>
            <Table.Th>{t("Last used")}</Table.Th>
            <Table.Th>{t("Lasts")}</Table.Th>
            <Table.Th>
              <span className="nw-hidden">{t("Actions")}</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => (
            <Table.Tr key={key.id}>
              <Table.Td>{key.name}</Table.Td>
              <Table.Td>
                <code>{key.hint}…</code>
              </Table.Td>
              <Table.Td>
                <Text size="xs">{t(scopeNames[key.scope])}</Text>
              </Table.Td>
              <Table.Td>
                <Text size="xs">{formatAge(key.created_at)}</Text>
              </Table.Td>
              <Table.Td>
                <Text size="xs">{key.used_at === null ? t("never") : formatAge(key.used_at)}</Text>
              </Table.Td>
              <Table.Td>
                <EndingText {...key} />
              </Table.Td>
              <Table.Td ta="right">
                {key.active ? (
                  <Button size="compact-xs" variant="default" aria-label={t("Revoke {{name}}", { name: key.name })} onClick={() => setAsked(key)}>
                    {t("Revoke")}
                  </Button>
                ) : (
                  <Button size="compact-xs" variant="subtle" color="gray" aria-label={t("Remove {{name}} from the list", { name: key.name })} onClick={() => revoke.mutate(key.id)}>
                    {t("Remove")}
                  </Button>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Modal opened={asked !== null} onClose={() => setAsked(null)} title={t("Revoke {{name}}?", { name: asked?.name ?? "" })}>
        <Text size="sm">{t("Programs with this key get no answer from now on. It cannot be taken back.")}</Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={() => setAsked(null)} data-autofocus>
            {t("Keep it")}
          </Button>
          <Button
            color="red"
            loading={revoke.isPending}
            onClick={() => {
              if (asked) revoke.mutate(asked.id, { onSuccess: () => setAsked(null) });
            }}
          >
            {t("Revoke")}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
