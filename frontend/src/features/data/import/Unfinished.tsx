import { Button, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";

import { cancelUpload } from "@/api/uploads";
import { useTranslation } from "@/i18n/react";
import { formatBytes } from "@/shared/format";
import { notifyError } from "@/shared/notify";

import classes from "../data.module.css";
import { useUploads } from "./queries";

/** Files that were begun: those that have not arrived whole go on, the others wait for what is to be made of them. */
export function Unfinished({ onGoOn }: { onGoOn: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data } = useUploads();
  const uploads = (data?.items ?? []).filter((upload) => upload.of === null);
  if (uploads.length === 0) return null;
  const drop = (id: string): void => {
    cancelUpload(id)
      .catch((error: unknown) => notifyError(error))
      .finally(() => void client.invalidateQueries({ queryKey: ["uploads"] }));
  };
  return (
    <ul className={`nw-card ${classes["unfinished"] ?? ""}`} aria-label={t("Uploads that are not finished")}>
      {uploads.map((upload) => (
        <li key={upload.id}>
          <Text size="sm" fw={600}>
            {upload.filename}
          </Text>
          <Text size="sm" c="dimmed">
            {upload.state === "receiving"
              ? t("{{sent}} of {{size}}", { sent: formatBytes(upload.received), size: formatBytes(upload.size) })
              : formatBytes(upload.size)}
          </Text>
          {upload.state === "receiving" ? (
            <Button size="xs" variant="light" onClick={onGoOn}>
              {t("Choose the file again to go on")}
            </Button>
          ) : (
            <Button size="xs" variant="light" component={Link} href={`/data/import/${upload.id}`}>
              {t("Go on with the import")}
            </Button>
          )}
          <Button size="xs" variant="subtle" color="red" onClick={() => drop(upload.id)} aria-label={t("Discard {{filename}}", { filename: upload.filename })}>
            {t("Discard")}
          </Button>
        </li>
      ))}
    </ul>
  );
}
