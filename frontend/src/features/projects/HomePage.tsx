import { Button, FileButton, Group } from "@mantine/core";
import { FileUp, Plus } from "lucide-react";

import { useTranslation } from "@/i18n/react";
import { PageHeader } from "@/shared/PageHeader";
import { notifyError } from "@/shared/notify";

import { readGraphFile } from "./graphFile";
import { ProjectList } from "./ProjectList";
import { useCreateProject } from "./queries";
import { TemplateGallery } from "./TemplateGallery";

/** Where everything starts: the own projects, and networks that work. */
export default function HomePage() {
  const { t } = useTranslation();
  const create = useCreateProject();

  async function open(file: File | null): Promise<void> {
    if (!file) return;
    try {
      const graph = await readGraphFile(file);
      create.mutate({ name: graph.name ?? file.name.replace(/\.json$/i, ""), graph });
    } catch (error) {
      notifyError(error, t("{{name}} was not opened", { name: file.name }));
    }
  }

  return (
    <div className="nw-page">
      <PageHeader
        title={t("Build")}
        subtitle={t("Go on with a project, or start from a network that works.")}
        actions={
          <Group gap="xs">
            <FileButton accept="application/json,.json" onChange={(file) => void open(file)}>
              {(props) => (
                <Button {...props} variant="default" leftSection={<FileUp size={16} />}>
                  {t("Open a graph file")}
                </Button>
              )}
            </FileButton>
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
    </div>
  );
}
