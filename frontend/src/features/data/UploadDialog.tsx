import { Button, FileButton, Group, Modal, Stack, Text } from "@mantine/core";
import { FileUp } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";

import { useTranslation } from "@/i18n/react";
import { formatBytes } from "@/shared/format";
import { ProblemText } from "@/shared/ProblemText";

import { DropZone } from "./DropZone";
import { ACCEPTED, refuseFile } from "./import/sending";
import { SendingBar } from "./import/SendingBar";
import { useSending } from "./import/useSending";

interface Props {
  opened: boolean;
  onClose: () => void;
}

export function UploadDialog({ opened, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={t("Upload a data set")} size="md">
      <UploadForm onClose={onClose} />
    </Modal>
  );
}

/** Chooses and sends a file; once it is there, its own page asks what is to be made of it. */
function UploadForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [file, setFile] = useState<File | null>(null);
  const { progress, problem, send, stop, setProblem } = useSending((id) => {
    onClose();
    navigate(`/data/import/${id}`);
  });

  const choose = (chosen: File | null): void => {
    if (!chosen) return;
    const refusal = refuseFile(chosen);
    setProblem(refusal === null ? null : new Error(refusal));
    setFile(refusal === null ? chosen : null);
    if (refusal === null) void send(chosen);
  };

  const sending = progress !== null;
  return (
    <Stack>
      <DropZone onFile={choose}>
        <FileUp size={26} strokeWidth={1.6} aria-hidden />
        <Text size="sm">{file ? `${file.name}, ${formatBytes(file.size)}` : t("Drop a file here")}</Text>
        <FileButton onChange={choose} accept={ACCEPTED}>
          {(props) => (
            <Button {...props} size="xs" variant="default" disabled={sending}>
              {file ? t("Choose another") : t("Choose a file")}
            </Button>
          )}
        </FileButton>
        <Text size="xs" c="dimmed">
          {t("A table (CSV, TSV, Parquet), arrays (NPZ: x and y, or x_train, y_train, x_test, y_test), or a zip of pictures with a folder for each class.")}
        </Text>
      </DropZone>
      {problem === null ? null : <ProblemText error={problem} title={t("The file was not taken")} />}
      {progress === null ? null : <SendingBar progress={progress} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={() => (sending ? stop() : onClose())}>
          {t("Cancel")}
        </Button>
        {file && !sending ? <Button onClick={() => void send(file)}>{problem === null ? t("Send") : t("Go on")}</Button> : null}
      </Group>
    </Stack>
  );
}
