import { Button, Group, Modal, Text } from "@mantine/core";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";

import { useTranslation } from "@/i18n/react";

import { useDeleteModel } from "./queries";

/** Deletes a model with all its versions, after asking. */
export function DeleteModel({ name }: { name: string }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const [, navigate] = useLocation();
  const remove = useDeleteModel();
  return (
    <>
      <Button variant="default" leftSection={<Trash2 size={15} aria-hidden />} onClick={() => setAsking(true)}>
        {t("Delete")}
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title={t("Delete {{name}}?", { name })}>
        <Text size="sm">{t("All its versions go for good, and programs that ask them get no answer. Its runs stay.")}</Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
            {t("Keep it")}
          </Button>
          <Button
            color="red"
            loading={remove.isPending}
            onClick={() => remove.mutate(name, { onSuccess: () => navigate("/models") })}
          >
            {t("Delete")}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
