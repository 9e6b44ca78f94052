import { Box, Button, Group, Modal, Text } from "@mantine/core";
import { useState } from "react";

import type { ApiKey } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { SecretTable } from "@/shared/SecretTable";

import { useRevokeKey } from "./queries";
import { scopeNames } from "./scopes";

/** Keys with what they may, when they were used and until when they last. */
export function KeyList({ keys }: { keys: readonly ApiKey[] }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<ApiKey | null>(null);
  const revoke = useRevokeKey();
  return (
    <>
      <Box mt="md">
        <SecretTable
          label={t("API keys")}
          items={keys}
          columns={[
            { title: t("Name"), cell: (key) => key.name },
            { title: t("May"), cell: (key) => <Text size="xs">{t(scopeNames[key.scope])}</Text> },
          ]}
          used={t("Last used")}
          action={(key) =>
            key.active ? (
              <Button size="compact-xs" variant="default" aria-label={t("Revoke {{name}}", { name: key.name })} onClick={() => setAsked(key)}>
                {t("Revoke")}
              </Button>
            ) : (
              <Button size="compact-xs" variant="subtle" color="gray" aria-label={t("Remove {{name}} from the list", { name: key.name })} onClick={() => revoke.mutate(key.id)}>
                {t("Remove")}
              </Button>
            )
          }
        />
      </Box>
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
