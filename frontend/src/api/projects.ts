import { request } from "./client";
import type { Graph, Page, Project, Template, TrainSettings } from "./types";

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
