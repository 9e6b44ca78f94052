import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";

import {
  createProject,
  deleteProject,
  getProject,
  listProjects,
  listTemplates,
  type ProjectSpec,
  updateProject,
} from "@/api/projects";
import type { Project } from "@/api/types";
import { t } from "@/i18n";
import { notifyError } from "@/shared/notify";

export const templatesQuery = queryOptions({
  queryKey: ["templates"],
  queryFn: ({ signal }) => listTemplates(signal),
  staleTime: Infinity,
});

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => listProjects({ limit: 200 }, signal),
  staleTime: 0,
});

/** Makes a project and opens it. */
export function useCreateProject() {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  return useMutation({
    mutationFn: (spec: ProjectSpec) => createProject(spec),
    onSuccess: (project) => navigate(`/projects/${project.id}`),
    onError: (error) => notifyError(error, t("The project was not made")),
    onSettled: () => client.invalidateQueries(projectsQuery),
  });
}

function useProjectChange<Input>(change: (input: Input) => Promise<unknown>, complaint: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onError: (error) => notifyError(error, complaint),
    onSettled: () => client.invalidateQueries(projectsQuery),
  });
}

export const useRenameProject = () =>
  useProjectChange(
    // The list may be old: the newest revision is asked for first.
    async ({ id, name }: { id: string; name: string }) =>
      updateProject(id, { revision: (await getProject(id)).revision, name }),
    t("The project was not renamed"),
  );

export const useDeleteProject = () => useProjectChange(deleteProject, t("The project was not deleted"));

export const useDuplicateProject = () =>
  useProjectChange(async ({ id }: Project) => {
    const { name, graph, dataset, settings } = await getProject(id);
    return createProject({ name: t("{{name}} (copy)", { name }), graph, dataset, settings });
  }, t("The project was not duplicated"));
