import { request } from "./client";
import type { Graph, Page, Project, ProjectVersion, Template, TrainSettings } from "./types";

export type ProjectSpec =
  | { name: string; template?: string }
  | { name: string; graph: Graph; dataset?: string | null; settings?: TrainSettings };

export interface ProjectUpdate {
  revision: number;
  name?: string;
  graph?: Graph;
  dataset?: string | null;
  settings?: TrainSettings;
}

export const listTemplates = (signal?: AbortSignal): Promise<Page<Template>> =>
  request("GET", "api/templates", { signal });

export const listProjects = (
  query: { limit?: number; offset?: number } = {},
  signal?: AbortSignal,
): Promise<Page<Project>> => request("GET", "api/projects", { query, signal });

export const getProject = (id: string, signal?: AbortSignal): Promise<Project> =>
  request("GET", `api/projects/${id}`, { signal });

export const createProject = (spec: ProjectSpec): Promise<Project> => request("POST", "api/projects", { body: spec });

export const updateProject = (id: string, update: ProjectUpdate, signal?: AbortSignal): Promise<Project> =>
  request("PUT", `api/projects/${id}`, { body: update, signal });

export const deleteProject = (id: string): Promise<void> => request("DELETE", `api/projects/${id}`);

/** What was saved of a project, the newest first. */
export const listVersions = (id: string, signal?: AbortSignal): Promise<Page<ProjectVersion>> =>
  request("GET", `api/projects/${id}/versions`, { query: { limit: 200 }, signal });

export type ProjectContent = Pick<Project, "graph" | "dataset" | "settings">;

export const getVersion = (id: string, revision: number, signal?: AbortSignal): Promise<ProjectVersion & ProjectContent> =>
  request("GET", `api/projects/${id}/versions/${revision}`, { signal });

export const nameVersion = (id: string, revision: number, label: string | null): Promise<ProjectVersion> =>
  request("PUT", `api/projects/${id}/versions/${revision}`, { body: { label } });
