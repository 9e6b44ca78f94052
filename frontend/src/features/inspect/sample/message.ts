import { ApiError } from "@/api/client";
import { sentences } from "@/shared/text";

/** An error in one line: what happened and what to do. */
export function messageOf(error: Error | null): string {
  if (!error) return "";
  return error instanceof ApiError ? sentences(error.body.message, error.body.remedy ?? null) : error.message;
}
