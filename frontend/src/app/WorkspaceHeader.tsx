import { ActionIcon, Box, Button, TextInput, Tooltip, VisuallyHidden } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  ChartSpline,
  CloudAlert,
  CloudCheck,
  CloudUpload,
  FileDown,
  FlaskConical,
  type LucideIcon,
  ScanLine,
  Workflow,
} from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link } from "wouter";

import { useSaver, useSession, useSessionState } from "@/features/editor/session/context";
import type { SaveState } from "@/features/editor/session/session";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { notifyError } from "@/shared/notify";
import { ShareButton } from "@/shared/share/ShareButton";

import classes from "./WorkspacePage.module.css";

/** The tabs beside Build, which is what every other address shows. */
const others = ["train", "sweep", "xray"];

/** The head of a project: its name, its tabs, and whether it is saved. */
export function WorkspaceHeader({ tab }: { tab: string }) {
  const { t } = useTranslation();
  const projectId = useSessionState((state) => state.projectId);
  return (
    <div className={classes["top"]}>
      <header className={classes["header"]}>
        <ProjectName />
        <nav className={classes["tabs"]} aria-label={t("Project")}>
          <Tab href={`/projects/${projectId}`} label={t("Build")} icon={Workflow} current={!others.includes(tab)} />
          <Tab href={`/projects/${projectId}/train`} label={t("Train")} icon={ChartSpline} current={tab === "train"} />
          <Tab href={`/projects/${projectId}/sweep`} label={t("Sweep")} icon={FlaskConical} current={tab === "sweep"} />
          <Tab href={`/projects/${projectId}/xray`} label={t("X-ray")} icon={ScanLine} current={tab === "xray"} />
        </nav>
        <div className={classes["space"]} />
        <SaveNote />
        <SaveAsFile />
        {/* A phone has no room for it. */}
        <Box visibleFrom="sm">
          <ShareButton kind="project" target={projectId} version={null} size="xs" />
        </Box>
      </header>
      <Conflict />
    </div>
  );
}

function Tab({ href, label, icon: Icon, current }: { href: string; label: string; icon: LucideIcon; current: boolean }) {
  return (
    <Link href={href} className={classes["tab"] ?? ""} aria-current={current ? "page" : undefined}>
      <Icon size={15} aria-hidden />
      <span>{label}</span>
    </Link>
  );
}

function ProjectName() {
  const { t } = useTranslation();
  const session = useSession();
  const name = useSessionState((state) => state.name);
  const [draft, setDraft] = useState<string | null>(null);

  function commit(): void {
    const wanted = draft?.trim() ?? "";
    if (wanted !== "" && wanted !== name) session.setName(wanted);
    setDraft(null);
  }

  return (
    <>
      <VisuallyHidden component="h1">{name}</VisuallyHidden>
      <TextInput
        className={classes["name"] ?? ""}
        aria-label={t("Project name")}
        size="xs"
        maxLength={120}
        value={draft ?? name}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") setDraft(null);
        }}
      />
    </>
  );
}

const notes: Record<SaveState, [text: Message, icon: LucideIcon]> = {
  saved: [msg("Saved"), CloudCheck],
  dirty: [msg("Saving…"), CloudUpload],
  saving: [msg("Saving…"), CloudUpload],
  failed: [msg("Not saved"), CloudAlert],
  conflict: [msg("Changed elsewhere"), CloudAlert],
};

function SaveNote() {
  const { t } = useTranslation();
  const state = useSessionState((one) => one.save);
  const error = useSessionState((one) => one.saveError);
  const [text, Icon] = notes[state];
  return (
    <div className={classes["saved"]} data-state={state} role="status" title={error?.message ?? t(text)}>
      <Icon size={15} aria-hidden />
      <span>{t(text)}</span>
    </div>
  );
}

const SaveDialog = lazy(() => import("@/features/projects/archive/SaveDialog").then((it) => ({ default: it.SaveDialog })));

/** The project with all that belongs to it, to take away: what is drawn now is saved first. */
function SaveAsFile() {
  const { t } = useTranslation();
  const saver = useSaver();
  const [opened, dialog] = useDisclosure(false);
  const id = useSessionState((state) => state.projectId);
  const name = useSessionState((state) => state.name);
  const open = (): void => {
    saver.saveNow().then(dialog.open, (error: unknown) => notifyError(error, t("The project is not saved yet")));
  };
  return (
    <>
      <Tooltip label={t("Save the project as a file")}>
        <ActionIcon variant="subtle" color="gray" aria-label={t("Save the project as a file")} onClick={open}>
          <FileDown size={17} />
        </ActionIcon>
      </Tooltip>
      <Suspense>{opened ? <SaveDialog project={{ id, name }} opened onClose={dialog.close} /> : null}</Suspense>
    </>
  );
}

/** Two pages changed one project: nothing is overwritten until somebody chooses. */
function Conflict() {
  const { t } = useTranslation();
  const saver = useSaver();
  const isConflict = useSessionState((state) => state.save === "conflict");
  if (!isConflict) return null;
  const choose = (how: () => Promise<void>) => () => {
    how().catch((error: unknown) => notifyError(error, t("The conflict is not settled")));
  };
  return (
    <div className={classes["conflict"]} role="alert">
      <span>{t("This project was changed in another window. Your changes here are not saved.")}</span>
      <Button size="compact-sm" variant="default" onClick={choose(saver.takeTheirs)}>
        {t("Load the other version")}
      </Button>
      <Button size="compact-sm" onClick={choose(saver.keepMine)}>
        {t("Keep mine")}
      </Button>
    </div>
  );
}
