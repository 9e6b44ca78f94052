import { Button, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { FileUp, Plus } from "lucide-react";

import { useTranslation } from "@/i18n/react";
import { PageHeader } from "@/shared/PageHeader";

import { ImportDialog } from "./ImportDialog";
import { ProjectList } from "./ProjectList";
import { useCreateProject } from "./queries";
import { TemplateGallery } from "./TemplateGallery";

/** Where everything starts: the own projects, and networks that work. */
export default function HomePage() {
  const { t } = useTranslation();
  const create = useCreateProject();
  const [importing, dialog] = useDisclosure(false);

  return (
    <div className="nw-page">
      <PageHeader
        title={t("Build")}
        subtitle={t("Go on with a project, or start from a network that works.")}
        actions={
          <Group gap="xs">
            <Button variant="default" leftSection={<FileUp size={16} />} onClick={dialog.open}>
              {t("Import")}
            </Button>
            <Button
              leftSection={<Plus size={16} />}
              loading={create.isPending}
              onClick={() => create.mutate({ name: t("Untitled network") })}
            >
              {t("Empty project")}
            </Button>
          </Group>
        }
      />
      <ProjectList />
      <TemplateGallery />
      <ImportDialog opened={importing} onClose={dialog.close} />
    </div>
  );
}
