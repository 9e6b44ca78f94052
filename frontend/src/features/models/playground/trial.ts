import type { Label, ModelVersion, RawInput } from "@/api/types";

import { fieldsOf, rowOf } from "./row";
import { textOf } from "./text";

/** An input to try, and what it really is where that is known. */
export interface Trial {
  raw: RawInput | null;
  truth?: Label;
}

/** A table starts with a real row, a picture with an empty pad. */
export function firstTrial(version: ModelVersion): Trial {
  if (version.input.kind === "image") return { raw: null };
  if (version.input.kind === "text") return { raw: textOf(version.sample) || null };
  return { raw: rowOf(version.sample, fieldsOf(version.input)) };
}
