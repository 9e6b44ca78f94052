import { Button, Group, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";

import type { Run } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { useEditRun, useRuns } from "./queries";
import classes from "./runs.module.css";

const MOST_TAGS = 20;

/** What people write on a run: its name, tags, and notes. Tags are kept at once, texts when asked to. */
export function RunNotes({ run }: { run: Run }) {
  const { t } = useTranslation();
  const edit = useEditRun(run);
  const { data } = useRuns();
  const [name, setName] = useState(run.name);
  const [notes, setNotes] = useState(run.notes);
  const known = [...new Set(data?.items.flatMap((one) => one.tags))].sort();
  const changed = (name.trim() !== "" && name !== run.name) || notes !== run.notes;
  const save = (): void => edit.mutate({ name: name.trim() || run.name, notes });
  return (
    <div className={classes["notes"]}>
      <TextInput label={t("Name")} value={name} maxLength={120} onChange={(event) => setName(event.currentTarget.value)} />
      <TagsInput
        label={t("Tags")}
        placeholder={run.tags.length === 0 ? t("A word, then Enter") : ""}
        data={known}
        value={run.tags}
        maxTags={MOST_TAGS}
        onChange={(tags) => edit.mutate({ tags: tags.map((tag) => tag.trim().slice(0, 40)).filter(Boolean) })}
      />
      <Textarea
        label={t("Notes")}
        placeholder={t("What was tried, and what came of it")}
        autosize
        minRows={2}
        maxRows={12}
        maxLength={20_000}
        value={notes}
        onChange={(event) => setNotes(event.currentTarget.value)}
      />
      {changed ? (
        <Group gap="xs">
          <Button size="compact-sm" loading={edit.isPending} onClick={save}>
            {t("Save notes")}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              setName(run.name);
              setNotes(run.notes);
            }}
          >
            {t("Discard")}
          </Button>
        </Group>
      ) : null}
    </div>
  );
}
