import { Button, Checkbox, Group, Modal, ScrollArea, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { FileDown } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";

import { listArchiveParts, packProject } from "@/api/archives";
import type { ArchiveParts, ArchiveRun } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatBytes, formatMetric } from "@/shared/format";
import { notifyDone } from "@/shared/notify";
import { ProblemText } from "@/shared/ProblemText";
import { stateNames } from "@/shared/runState";
import { runTitle } from "@/shared/runTitle";
import { saveBlob } from "@/shared/saveBlob";

import classes from "./archive.module.css";
import { bytesOf, choiceOf, fileName, modelKey, type Picked, startPicked, sweepsOf, toggle } from "./choice";

interface Props {
  project: { id: string; name: string };
  opened: boolean;
  onClose: () => void;
}

/** Saves a project with what belongs to it as one file, which opens in any studio. */
export function SaveDialog({ project, opened, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={t("Save “{{name}}” as a file", { name: project.name })} size="lg">
      <Body project={project} onClose={onClose} />
    </Modal>
  );
}

function Body({ project, onClose }: Omit<Props, "opened">) {
  const { t } = useTranslation();
  const parts = useQuery({
    queryKey: ["projects", project.id, "parts"],
    queryFn: ({ signal }) => listArchiveParts(project.id, signal),
    staleTime: 0,
    gcTime: 0,
  });
  if (parts.isError) return <ProblemText error={parts.error} onRetry={() => void parts.refetch()} />;
  if (!parts.data) return <Text size="sm">{t("Looking what belongs to it …")}</Text>;
  return <Form project={project} parts={parts.data} onClose={onClose} />;
}

function Form({ project, parts, onClose }: Omit<Props, "opened"> & { parts: ArchiveParts }) {
  const { t } = useTranslation();
  const [picked, setPicked] = useState<Picked>(() => startPicked(parts));
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const save = useMutation({
    mutationFn: () => {
      stop.current = new AbortController();
      return packProject(project.id, choiceOf(parts, picked), stop.current.signal);
    },
    onSuccess: (content) => {
      saveBlob(fileName(project.name), content);
      notifyDone(t("The project is saved: {{bytes}}", { bytes: formatBytes(content.size) }));
      onClose();
    },
  });
  const change = (next: Partial<Picked>): void => setPicked({ ...picked, ...next });
  const isStopped = save.error instanceof DOMException && save.error.name === "AbortError";
  return (
    <Stack gap="sm">
      <Text size="sm">
        {t("The file holds the network with its settings and {{count}} versions. It opens in any studio, and runs nothing.", {
          count: parts.versions,
        })}
      </Text>
      <ScrollArea.Autosize mah="52dvh" type="auto" viewportProps={{ tabIndex: 0, "aria-label": t("What goes into the file") }}>
        <Stack gap="md" pr="sm">
          <DataPart parts={parts} picked={picked} onChange={change} />
          <RunsPart parts={parts} picked={picked} onChange={change} />
          <ModelsPart models={parts.models} picked={picked} onChange={change} />
        </Stack>
      </ScrollArea.Autosize>
      {save.isError && !isStopped ? <ProblemText error={save.error} title={t("The project was not saved")} /> : null}
      <Group justify="space-between">
        <Text size="xs" c="dimmed" role="status">
          {save.isPending ? t("Packing …") : t("About {{bytes}}", { bytes: formatBytes(bytesOf(parts, picked) + 4096) })}
        </Text>
        <Group gap="xs">
          <Button variant="default" onClick={() => (save.isPending ? stop.current?.abort() : onClose())}>
            {t("Cancel")}
          </Button>
          <Button leftSection={<FileDown size={16} aria-hidden />} loading={save.isPending} onClick={() => save.mutate()}>
            {t("Save the file")}
          </Button>
        </Group>
      </Group>
    </Stack>
  );
}

type Change = (next: Partial<Picked>) => void;

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className={classes["title"]}>{title}</h3>
      <Stack gap={6}>{children}</Stack>
    </section>
  );
}

function DataPart({ parts, picked, onChange }: { parts: ArchiveParts; picked: Picked; onChange: Change }) {
  const { t } = useTranslation();
  const uploads = parts.datasets.filter(({ origin }) => origin === "upload");
  const builtIn = parts.datasets.filter(({ origin }) => origin === "built_in");
  const bytes = uploads.reduce((all, one) => all + one.bytes, 0);
  if (parts.datasets.length === 0) return null;
  return (
    <Part title={t("Data")}>
      {uploads.length > 0 ? (
        <Checkbox
          checked={picked.data}
          onChange={(event) => onChange({ data: event.currentTarget.checked })}
          label={t("Uploaded: {{names}}", { names: uploads.map(({ title }) => title).join(", ") })}
          description={picked.data ? formatBytes(bytes) : t("Only named: whoever opens the file must have the same data.")}
        />
      ) : null}
      {builtIn.length > 0 ? (
        <Text size="xs" c="dimmed">
          {t("{{names}}: every studio has it", { names: builtIn.map(({ title }) => title).join(", ") })}
        </Text>
      ) : null}
    </Part>
  );
}

function RunsPart({ parts, picked, onChange }: { parts: ArchiveParts; picked: Picked; onChange: Change }) {
  const { t } = useTranslation();
  const { runs } = parts;
  const { along, atWork } = sweepsOf(parts, picked);
  if (runs.length === 0) return null;
  const packable = runs.filter((run) => run.packable);
  const count = packable.filter(({ id }) => picked.runs.has(id)).length;
  const checkpoints = runs.filter(({ id }) => picked.runs.has(id)).reduce((all, run) => all + run.checkpoint_bytes, 0);
  return (
    <Part title={t("Runs")}>
      {packable.length > 1 ? (
        <Checkbox
          label={t("All runs")}
          checked={count === packable.length}
          indeterminate={count > 0 && count < packable.length}
          onChange={() => onChange({ runs: new Set(count === packable.length ? [] : packable.map(({ id }) => id)) })}
        />
      ) : null}
      {runs.map((run) => (
        <Checkbox
          key={run.id}
          className={packable.length > 1 ? (classes["inner"] ?? "") : ""}
          disabled={!run.packable}
          checked={picked.runs.has(run.id)}
          onChange={() => onChange({ runs: toggle(picked.runs, run.id) })}
          label={runTitle(run)}
          description={run.packable ? factsOf(run, t(stateNames[run.state])) : t("It still trains: a run is saved once it is over.")}
        />
      ))}
      {count > 0 ? (
        <Checkbox
          mt={4}
          checked={picked.checkpoints}
          onChange={(event) => onChange({ checkpoints: event.currentTarget.checked })}
          label={t("With their checkpoints")}
          description={t("To resume and fork them elsewhere: {{bytes}}", { bytes: formatBytes(checkpoints) })}
        />
      ) : null}
      {along.length > 0 ? (
        <Text size="xs" c="dimmed">
          {t("Sweeps that go along: {{names}}", { names: along.join(", ") })}
        </Text>
      ) : null}
      {atWork.length > 0 ? (
        <Text size="xs" c="dimmed">
          {t("Sweeps at work, whose runs go alone: {{names}}", { names: atWork.join(", ") })}
        </Text>
      ) : null}
    </Part>
  );
}

function factsOf(run: ArchiveRun, state: string): string {
  const best = run.best ? `${run.best.metric} ${formatMetric(run.best.value)}` : null;
  return [state, best, formatBytes(run.bytes)].filter((part) => part !== null).join(" · ");
}

function ModelsPart({ models, picked, onChange }: { models: ArchiveParts["models"]; picked: Picked; onChange: Change }) {
  const { t } = useTranslation();
  if (models.length === 0) return null;
  return (
    <Part title={t("Models")}>
      {models.map((model) => (
        <Checkbox
          key={modelKey(model)}
          checked={picked.models.has(modelKey(model))}
          onChange={() => onChange({ models: toggle(picked.models, modelKey(model)) })}
          label={t("{{name}}, version {{version}}", { name: model.name, version: model.version })}
          description={formatBytes(model.bytes)}
        />
      ))}
    </Part>
  );
}
