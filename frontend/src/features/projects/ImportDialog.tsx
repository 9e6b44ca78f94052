import { Badge, Button, FileButton, Group, Loader, Modal, ScrollArea, Stack, Table, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";

import { importGraph } from "@/api/graphs";
import type { ImportedGraph, ImportNote } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { MiniGraph } from "@/shared/MiniGraph";
import { ProblemText } from "@/shared/ProblemText";

import { isArchive } from "./archive/choice";
import { OpenedReport, SendingArchive } from "./archive/OpenArchive";
import { useOpenArchive } from "./archive/useOpenArchive";
import classes from "./projects.module.css";
import { useCreateProject } from "./queries";

type Status = ImportNote["status"];

const statuses: Record<Status, [word: Message, colour: string]> = {
  missing: [msg("not understood"), "red"],
  changed: [msg("taken in another form"), "yellow"],
  folded: [msg("not needed"), "gray"],
  understood: [msg("understood"), "green"],
};
const order = Object.keys(statuses) as Status[];

const kinds: Record<ImportedGraph["kind"], Message> = {
  graph: msg("A Netwright graph"),
  training: msg("A Netwright graph with its data set and settings"),
  symbol: msg("An MXNet symbol: the structure comes over, weights stay in their file"),
  onnx: msg("An ONNX model: the structure comes over, weights stay in the file"),
};

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** Reads a network of another program, and says what became of each of its parts; or opens a saved project. */
export function ImportDialog({ opened, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={t("Import a network or project")} size="lg">
      <ImportForm onClose={onClose} />
    </Modal>
  );
}

function ImportForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const read = useMutation({ mutationFn: (file: File) => importGraph(file) });
  const archive = useOpenArchive();
  const create = useCreateProject();
  const [name, setName] = useState<string | null>(null);
  const pending = read.isPending || archive.isPending;
  const choose = (file: File | null): void => {
    if (!file || pending) return;
    setName(file.name);
    read.reset();
    archive.reset();
    (isArchive(file) ? archive : read).mutate(file);
  };
  const found = read.data;
  const opened = archive.data;
  const open = ({ name: title, graph, dataset, settings }: ImportedGraph): void =>
    create.mutate({ name: title.slice(0, 120), graph, dataset, ...(settings ? { settings } : {}) });
  return (
    <Stack>
      <div
        className={classes["drop"]}
        role="group"
        aria-label={t("File to import")}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          choose(event.dataTransfer.files[0] ?? null);
        }}
      >
        <FileUp size={26} strokeWidth={1.6} aria-hidden />
        <Text size="sm">{name ?? t("Drop a file here")}</Text>
        <FileButton onChange={choose} accept=".json,.onnx,.netwright,.zip,application/json">
          {(props) => (
            <Button {...props} size="xs" variant="default" disabled={pending}>
              {t("Choose a file")}
            </Button>
          )}
        </FileButton>
        <Text size="xs" c="dimmed">
          {t("A saved project, a graph or training of Netwright, MXNet's symbol JSON, or ONNX")}
        </Text>
      </div>
      {read.isPending ? <Loader type="dots" role="status" aria-label={t("Reading the file")} /> : null}
      {archive.isPending ? <SendingArchive fraction={archive.sent} /> : null}
      {read.isError || archive.isError ? (
        <ProblemText error={read.error ?? archive.error} title={t("The file was not read")} />
      ) : null}
      {found ? <Found found={found} /> : null}
      {opened ? <OpenedReport opened={opened} /> : null}
      <Group justify="flex-end">
        <Button variant="default" onClick={archive.isPending ? archive.cancel : onClose}>
          {opened ? t("Close") : t("Cancel")}
        </Button>
        {opened ? (
          <Button onClick={() => navigate(`/projects/${opened.project.id}`)}>{t("Open the project")}</Button>
        ) : (
          <Button disabled={!found} loading={create.isPending} onClick={() => found && open(found)}>
            {t("Open as a project")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function Found({ found }: { found: ImportedGraph }) {
  const { t } = useTranslation();
  return (
    <section aria-label={t("What was found")}>
      <Group wrap="nowrap" align="flex-start">
        <div className={classes["small"]}>
          <MiniGraph graph={found.graph} height={80} />
        </div>
        <div>
          <Text fw={600}>{found.name}</Text>
          <Text size="sm">{t(kinds[found.kind])}</Text>
          <Text size="sm" c="dimmed">
            {t("{{count}} nodes", { count: found.graph.nodes.length })}
          </Text>
        </div>
      </Group>
      {found.report.length > 0 ? <Report notes={found.report} /> : null}
    </section>
  );
}

function Report({ notes }: { notes: ImportNote[] }) {
  const { t } = useTranslation();
  const sorted = [...notes].sort((one, other) => order.indexOf(one.status) - order.indexOf(other.status));
  return (
    <>
      <Group gap={6} my="xs">
        {order.map((status) => {
          const count = notes.filter((note) => note.status === status).length;
          const [word, colour] = statuses[status];
          return count > 0 ? (
            <Badge key={status} color={colour} variant="light" tt="none">
              {count} {t(word)}
            </Badge>
          ) : null;
        })}
      </Group>
      <ScrollArea.Autosize mah={260} type="auto" viewportProps={{ tabIndex: 0, "aria-label": t("Report on each part") }}>
        <Table fz="xs" verticalSpacing={4} stickyHeader aria-label={t("Report on each part")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("In the file")}</Table.Th>
              <Table.Th>{t("Operator")}</Table.Th>
              <Table.Th>{t("Became")}</Table.Th>
              <Table.Th>{t("Note")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sorted.map((note, at) => (
              <Table.Tr key={at} data-status={note.status}>
                <Table.Td>{note.node}</Table.Td>
                <Table.Td>{note.op}</Table.Td>
                <Table.Td>{note.became.length > 0 ? note.became.join(", ") : "–"}</Table.Td>
                <Table.Td>
                  <b>{t(statuses[note.status][0])}</b> {note.message}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
    </>
  );
}
