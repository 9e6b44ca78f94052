import type { Knob, ParamValue, SweepMethod, SweepParameter } from "@/api/types";
import { t } from "@/i18n";
import { fieldsOf } from "@/shared/schema/field";
import { readList } from "@/shared/schema/list";
import { readNumber } from "@/shared/schema/number";
import { isSame } from "@/shared/same";

import { ownedTitle, valueText } from "../names";

/** A range while a person types: numbers are texts, so that "1e-" is not lost. */
export interface RangeDraft {
  path: string;
  kind: "choice" | "number";
  low: string;
  high: string;
  log: boolean;
  points: string;
  values: string[];
  /** Further parameters that get the same value. A draft that an earlier version of the page has kept knows of none. */
  also?: string[];
}

export interface MethodDraft {
  kind: SweepMethod["kind"];
  trials: number;
  first: number;
  keep: number;
  asynchronous: boolean;
}

export const usualMethod: MethodDraft = { kind: "grid", trials: 12, first: 1, keep: 3, asynchronous: false };

const POINTS = 5;

/** A range to begin with. */
export function draftOf(range: SweepParameter): RangeDraft {
  const empty = { path: range.path, low: "", high: "", log: false, points: String(POINTS), values: [] };
  if (range.kind === "choice") return { ...empty, kind: "choice", values: range.values.map((value) => valueText(value)) };
  const { low, high, log = false, points = POINTS } = range;
  return { ...empty, kind: "number", low: String(low), high: String(high), log, points: String(points) };
}

/** Whether a knob's values are numbers, so that they can be varied between bounds. */
export function isNumeric(knob: Knob): boolean {
  const kind = fieldOf(knob)?.kind;
  return kind === "integer" || kind === "number";
}

/** The values there are, where a schema names them. */
export function optionsOf(knob: Knob): ParamValue[] | null {
  if (knob.rule.enum) return knob.rule.enum;
  const field = fieldOf(knob);
  if (field?.kind === "boolean") return [false, true];
  return field && field.choices.length > 0 ? [...(field.nullable ? [null] : []), ...field.choices] : null;
}

const fieldOf = (knob: Knob) => fieldsOf({ properties: { [knob.name]: knob.rule } })[0];

export type Reading = { range: SweepParameter; error: null } | { range: null; error: string };

/** The range that a draft means; what is not right about it else. It has to suit the companions, too. */
export function readRange(draft: RangeDraft, knob: Knob, companions: readonly Knob[] = []): Reading {
  const read = (one: Knob): Reading => (draft.kind === "choice" ? readChoice(draft, one) : readNumbers(draft, one));
  const own = read(knob);
  if (own.range === null || companions.length === 0) return own;
  for (const companion of companions) {
    const { error } = read(companion);
    if (error !== null) return wrong(t("{{name}}: {{error}}", { name: ownedTitle(companion), error }));
  }
  return { range: { ...own.range, also: companions.map(({ path }) => path) }, error: null };
}

/** The parameters that could get the same value as another: of its type, with the same choices; those of its name first. */
export function companionsFor(knob: Knob, knobs: readonly Knob[]): Knob[] {
  const fitting = knobs.filter((other) => other.path !== knob.path && isAlike(knob, other));
  return [...fitting.filter(({ name }) => name === knob.name), ...fitting.filter(({ name }) => name !== knob.name)];
}

function isAlike(one: Knob, other: Knob): boolean {
  const [mine, theirs] = [optionsOf(one), optionsOf(other)];
  if (mine || theirs) return isSame(mine, theirs);
  const [a, b] = [fieldOf(one), fieldOf(other)];
  return a?.kind === b?.kind && (a?.kind !== "list" || a.items === b?.items);
}

function readChoice(draft: RangeDraft, knob: Knob): Reading {
  if (draft.values.length === 0) return wrong(t("Give at least one value."));
  const values: ParamValue[] = [];
  for (const text of draft.values) {
    const { value, error } = readValue(text, knob);
    if (error !== null) return wrong(error);
    values.push(value);
  }
  if (new Set(values.map((value) => JSON.stringify(value))).size < values.length) return wrong(t("Two of the values are the same."));
  return { range: { kind: "choice", path: draft.path, values }, error: null };
}

/** One value from its text, as its parameter wants it. */
export function readValue(text: string, knob: Knob): { value: ParamValue; error: string | null } {
  const options = optionsOf(knob);
  if (options) {
    const found = options.find((option) => valueText(option) === text);
    return found === undefined ? { value: null, error: t("“{{text}}” is none of the choices", { text }) } : { value: found, error: null };
  }
  const field = fieldOf(knob);
  if (!field || field.kind === "string") return { value: text, error: null };
  if (field.kind === "list") return readList(text, field);
  return readNumber(text, field.kind);
}

function readNumbers(draft: RangeDraft, knob: Knob): Reading {
  const field = fieldOf(knob);
  const whole = field?.kind === "integer";
  const kind = whole ? "integer" : "number";
  const low = readNumber(draft.low, kind);
  const high = readNumber(draft.high, kind);
  const points = readNumber(draft.points, "integer");
  const error = low.error ?? high.error ?? points.error;
  if (low.value === null || high.value === null || points.value === null) return wrong(error ?? "");
  if (low.value > high.value) return wrong(t("The least value is above the greatest."));
  if (draft.log && low.value <= 0) return wrong(t("A logarithmic range begins above 0."));
  if (field && field.min !== null && low.value < field.min) return wrong(t("At least {{least}} is wanted.", { least: field.min }));
  if (field && field.max !== null && high.value > field.max) return wrong(t("At most {{most}} is possible.", { most: field.max }));
  const bounds = { low: low.value, high: high.value, log: draft.log, points: Math.min(100, Math.max(1, points.value)) };
  return { range: { kind: whole ? "integer" : "float", path: draft.path, ...bounds }, error: null };
}

const wrong = (error: string): Reading => ({ range: null, error });

/** The method as the server takes it: only what belongs to its kind. */
export function methodOf({ kind, trials, first, keep, asynchronous }: MethodDraft): SweepMethod {
  if (kind === "grid") return { kind };
  return kind === "random" ? { kind, trials } : { kind, trials, first, keep, asynchronous };
}
