import { ActionIcon, Button, Drawer, Group, Loader, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { History, Pencil } from "lucide-react";
import { useState } from "react";

import { getVersion, listVersions, nameVersion } from "@/api/projects";
import type { ProjectVersion } from "@/api/types";
import { formatDateTime } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";
import { MiniGraph } from "@/shared/MiniGraph";
import { notifyError } from "@/shared/notify";
import { ProblemText } from "@/shared/ProblemText";

import { useSession, useSessionState } from "../session/context";
import { useUi, useUiState } from "../ui";
import classes from "./VersionsDrawer.module.css";

/** What was saved before: to look at, to name, and to go back to as a step that can be undone. */
export function VersionsDrawer() {
  const { t } = useTranslation();
  const ui = useUi();
  const opened = useUiState((state) => state.versions);
  const projectId = useSessionState((state) => state.projectId);
  const revision = useSessionState((state) => state.revision);
  const [chosen, setChosen] = useState<number | null>(null);
  const versions = useQuery({
    queryKey: ["versions", projectId, revision],
    queryFn: ({ signal }) => listVersions(projectId, signal),
    enabled: opened,
    placeholderData: (before) => before,
  });
  return (
    <Drawer
      opened={opened}
      onClose={() => ui.setState({ versions: false })}
      position="right"
      size="md"
      title={<Text fw={640}>{t("Versions")}</Text>}
    >
      <Text size="xs" c="dimmed" mb="sm">
        {t("Every save is kept for a while; a version with a name is kept for good.")}
      </Text>
      {versions.isPending ? <Loader type="dots" role="status" aria-label={t("Loading versions")} /> : null}
      {versions.isError ? (
        <ProblemText error={versions.error} title={t("The versions did not load")} onRetry={() => void versions.refetch()} />
      ) : null}
      {versions.data?.items.length === 0 ? (
        <EmptyState icon={History} title={t("No versions yet")} text={t("The next save makes the first one.")} />
      ) : null}
      <ul className={classes["list"]} aria-label={t("Versions")}>
        {versions.data?.items.map((version) => (
          <li key={version.revision}>
            <Row
              version={version}
              isNow={version.revision === versions.data.items[0]?.revision}
              isOpen={chosen === version.revision}
              onOpen={() => setChosen(chosen === version.revision ? null : version.revision)}
            />
          </li>
        ))}
      </ul>
    </Drawer>
  );
}

interface RowProps {
  version: ProjectVersion;
  isNow: boolean;
  isOpen: boolean;
  onOpen: () => void;
}

function Row({ version, isNow, isOpen, onOpen }: RowProps) {
  const { t } = useTranslation();
  const [naming, setNaming] = useState(false);
  const time = formatDateTime(version.created_at);
  return (
    <>
      <Group gap={4} wrap="nowrap">
        <button type="button" className={classes["row"]} aria-expanded={isOpen} onClick={onOpen}>
          <span className={classes["name"]}>{version.label ?? time}</span>
          <span className={classes["facts"]}>
            {version.label === null ? null : `${time} · `}
            {t("{{count}} nodes", { count: version.nodes })}
            {isNow ? ` · ${t("newest")}` : null}
          </span>
        </button>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t("Name the version of {{time}}", { time })}
          title={t("Name the version of {{time}}", { time })}
          onClick={() => setNaming(!naming)}
        >
          <Pencil size={14} aria-hidden />
        </ActionIcon>
      </Group>
      {naming ? <Naming version={version} onDone={() => setNaming(false)} /> : null}
      {isOpen ? <Preview version={version} isNow={isNow} /> : null}
    </>
  );
}

function Naming({ version, onDone }: { version: ProjectVersion; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const projectId = useSessionState((state) => state.projectId);
  const [draft, setDraft] = useState(version.label ?? "");
  const name = useMutation({
    mutationFn: () => nameVersion(projectId, version.revision, draft.trim() || null),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["versions", projectId] });
      onDone();
    },
    onError: (error) => notifyError(error, t("The version was not named")),
  });
  return (
    <form
      className={classes["naming"]}
      onSubmit={(event) => {
        event.preventDefault();
        name.mutate();
      }}
    >
      <TextInput
        size="xs"
        autoFocus
        maxLength={120}
        aria-label={t("Name of the version")}
        placeholder={t("Name of the version")}
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
      />
      <Button size="compact-sm" type="submit" loading={name.isPending}>
        {t("Keep")}
      </Button>
    </form>
  );
}

function Preview({ version, isNow }: { version: ProjectVersion; isNow: boolean }) {
  const { t } = useTranslation();
  const session = useSession();
  const ui = useUi();
  const projectId = useSessionState((state) => state.projectId);
  const content = useQuery({
    queryKey: ["version", projectId, version.revision],
    queryFn: ({ signal }) => getVersion(projectId, version.revision, signal),
    staleTime: Infinity,
  });
  if (content.isError)
    return <ProblemText error={content.error} title={t("The version did not load")} onRetry={() => void content.refetch()} />;
  if (!content.data) return <Loader type="dots" role="status" aria-label={t("Loading the version")} />;
  const { data } = content;
  return (
    <div className={classes["preview"]}>
      <MiniGraph graph={data.graph} height={110} />
      <Button
        size="compact-sm"
        variant="light"
        disabled={isNow}
        onClick={() => {
          session.restore(t("Back to the version of {{time}}", { time: version.label ?? formatDateTime(version.created_at) }), data);
          ui.setState({ versions: false });
        }}
      >
        {t("Go back to this version")}
      </Button>
    </div>
  );
}
