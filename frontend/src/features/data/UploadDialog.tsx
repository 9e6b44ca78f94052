import { Button, FileButton, Group, Modal, Progress, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { useRef, useState } from "react";
import { useLocation } from "wouter";

import { useTranslation } from "@/i18n/react";
import { formatBytes } from "@/shared/format";
import { notifyDone } from "@/shared/notify";
import { ProblemText } from "@/shared/ProblemText";

import { DropZone } from "./DropZone";
import { nameFor, refuseFile, sendDataset, type Upload } from "./upload";

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

function UploadForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState("");
  const [target, setTarget] = useState("");
  const [sent, setSent] = useState<number | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const upload = useRef<Upload | null>(null);

  const choose = (chosen: File | null): void => {
    if (!chosen) return;
    const refusal = refuseFile(chosen);
    setProblem(refusal === null ? null : new Error(refusal));
    setFile(refusal === null ? chosen : null);
    if (refusal === null) setName(nameFor(chosen));
  };
  const send = async (chosen: File): Promise<void> => {
    setProblem(null);
    setSent(0);
    upload.current = sendDataset({ file: chosen, name: name.trim(), target: target.trim() }, setSent);
    try {
      const dataset = await upload.current.done;
      await client.invalidateQueries({ queryKey: ["datasets", "list"] });
      notifyDone(t("{{title}} is here.", { title: dataset.title }));
      onClose();
      navigate(`/data/${encodeURIComponent(dataset.id)}`);
    } catch (error) {
      setSent(null);
      setProblem(error instanceof DOMException && error.name === "AbortError" ? null : error);
    }
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (file) void send(file);
      }}
    >
      <Stack>
        <DropZone onFile={choose}>
          <FileUp size={26} strokeWidth={1.6} aria-hidden />
          <Text size="sm">{file ? `${file.name}, ${formatBytes(file.size)}` : t("Drop a CSV or NPZ file here")}</Text>
          <FileButton onChange={choose} accept=".csv,.npz">
            {(props) => (
              <Button {...props} size="xs" variant="default" disabled={sent !== null}>
                {file ? t("Choose another") : t("Choose a file")}
              </Button>
            )}
          </FileButton>
          <Text size="xs" c="dimmed">
            {t("CSV: a header and one sample per row. NPZ: arrays x_train, y_train, x_test, y_test, or x and y.")}
          </Text>
        </DropZone>
        {file ? (
          <>
            <TextInput label={t("Name")} value={name} required onChange={(event) => setName(event.currentTarget.value)} />
            {file.name.toLowerCase().endsWith(".csv") ? (
              <TextInput
                label={t("Column to predict")}
                description={t("The last column, when left empty.")}
                value={target}
                onChange={(event) => setTarget(event.currentTarget.value)}
              />
            ) : null}
          </>
        ) : null}
        {problem === null ? null : <ProblemText error={problem} title={t("The file was not taken")} />}
        {sent === null ? null : <Sending fraction={sent} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => (sent === null ? onClose() : upload.current?.cancel())}>
            {t("Cancel")}
          </Button>
          <Button type="submit" disabled={file === null || name.trim() === ""} loading={sent !== null}>
            {t("Upload")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Sending({ fraction }: { fraction: number }) {
  const { t } = useTranslation();
  const percent = Math.round(fraction * 100);
  return (
    <div>
      <Progress value={percent} aria-label={t("Upload")} animated={fraction === 1} />
      <Text size="xs" c="dimmed" mt={4} role="status">
        {fraction < 1 ? t("{{percent}} % sent", { percent }) : t("The studio is reading it")}
      </Text>
    </div>
  );
}
