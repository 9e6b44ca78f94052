import { Button, Group, Modal, Text } from "@mantine/core";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";

import type { Dataset } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { useDeleteDataset } from "./queries";

/** Deletes an upload, after asking. */
export function DeleteDataset({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const [, navigate] = useLocation();
  const remove = useDeleteDataset();
  return (
    <>
      <Button variant="default" leftSection={<Trash2 size={15} aria-hidden />} onClick={() => setAsking(true)}>
        {t("Delete")}
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title={t("Delete {{title}}?", { title: dataset.title })}>
        <Text size="sm">{t("The file goes for good. Models that were trained on it stay.")}</Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
            {t("Keep it")}
          </Button>
          <Button
            color="red"
            loading={remove.isPending}
            onClick={() => remove.mutate(dataset.id, { onSuccess: () => navigate("/data") })}
          >
            {t("Delete")}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
