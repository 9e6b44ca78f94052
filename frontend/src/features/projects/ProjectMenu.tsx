import { ActionIcon, Button, Group, Menu, Modal, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Copy, EllipsisVertical, FileDown, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";

import type { Project } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { SaveDialog } from "./archive/SaveDialog";
import { useDeleteProject, useDuplicateProject, useRenameProject } from "./queries";

interface DialogProps {
  project: Project;
  opened: boolean;
  onClose: () => void;
}

/** What can be done to a project without opening it. */
export function ProjectMenu({ project }: { project: Project }) {
  const { t } = useTranslation();
  const [renaming, rename] = useDisclosure(false);
  const [deleting, remove] = useDisclosure(false);
  const [saving, save] = useDisclosure(false);
  const duplicate = useDuplicateProject();
  return (
    <>
      <Menu position="bottom-end" shadow="md" width={170}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t("Actions for {{name}}", { name: project.name })}>
            <EllipsisVertical size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Pencil size={14} />} onClick={rename.open}>
            {t("Rename")}
          </Menu.Item>
          <Menu.Item leftSection={<Copy size={14} />} onClick={() => duplicate.mutate(project)}>
            {t("Duplicate")}
          </Menu.Item>
          <Menu.Item leftSection={<FileDown size={14} />} onClick={save.open}>
            {t("Save as a file")}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<Trash2 size={14} />} onClick={remove.open}>
            {t("Delete")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <RenameDialog project={project} opened={renaming} onClose={rename.close} />
      <DeleteDialog project={project} opened={deleting} onClose={remove.close} />
      <SaveDialog project={project} opened={saving} onClose={save.close} />
    </>
  );
}

function RenameDialog({ project, opened, onClose }: DialogProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(project.name);
  const rename = useRenameProject();
  return (
    <Modal opened={opened} onClose={onClose} title={t("Rename the project")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate({ id: project.id, name: name.trim() }, { onSuccess: onClose });
        }}
      >
        <TextInput
          label={t("Name")}
          data-autofocus
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            {t("Cancel")}
          </Button>
          <Button type="submit" disabled={name.trim() === ""} loading={rename.isPending}>
            {t("Rename")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

function DeleteDialog({ project, opened, onClose }: DialogProps) {
  const { t } = useTranslation();
  const remove = useDeleteProject();
  return (
    <Modal opened={opened} onClose={onClose} title={t("Delete “{{name}}”?", { name: project.name })}>
      <Text size="sm">{t("Its drawing is gone for good. Runs and models made from it stay.")}</Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          {t("Cancel")}
        </Button>
        <Button
          color="red"
          loading={remove.isPending}
          onClick={() => remove.mutate(project.id, { onSuccess: onClose })}
        >
          {t("Delete")}
        </Button>
      </Group>
    </Modal>
  );
}
