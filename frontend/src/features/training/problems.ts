import type { Problem } from "@/api/types";

/** The graph's problems among the details of a refusal; details of another outline are left out. */
export function problemsOf(details: readonly unknown[] | undefined): Problem[] {
  return (details ?? []).filter(isProblem);
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== "object" || value === null) return false;
  return "severity" in value && "message" in value && "node" in value;
}
