import { request } from "./client";
import type { Palette, SystemInfo, TrainingChoices } from "./types";

export const getSystem = (signal?: AbortSignal): Promise<SystemInfo> => request("GET", "api/system", { signal });

export const getPalette = (signal?: AbortSignal): Promise<Palette> => request("GET", "api/operators", { signal });

export const getTrainingChoices = (signal?: AbortSignal): Promise<TrainingChoices> =>
  request("GET", "api/optimizers", { signal });
