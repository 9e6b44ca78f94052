import type { JsonSchema, ParamValue } from "@/api/types";
import { capitalise } from "@/shared/text";

export type FieldKind = "boolean" | "integer" | "number" | "string" | "choice" | "list";

/** One form field, read out of a property of a JSON Schema. */
export interface Field {
  name: string;
  kind: FieldKind;
  title: string;
  description: string | null;
  /** `undefined` means the schema names none: the value has to be given. */
  default: ParamValue | undefined;
  required: boolean;
  nullable: boolean;
  min: number | null;
  max: number | null;
  choices: ParamValue[];
  /** For a list: are its items whole numbers, numbers or words? */
  items: "integer" | "number" | "string";
  minItems: number | null;
  maxItems: number | null;
}

const spelledOut: Readonly<Record<string, string>> = { wd: "weight decay", eps: "epsilon" };

const preference: FieldKind[] = ["choice", "list", "boolean", "integer", "number", "string"];

const known = new WeakMap<JsonSchema, readonly Field[]>();

/** The fields of an object schema, in its order: the same objects as long as the schema is the same. */
export function fieldsOf(schema: JsonSchema): readonly Field[] {
  let fields = known.get(schema);
  if (!fields) known.set(schema, (fields = readFields(schema)));
  return fields;
}

function readFields(schema: JsonSchema): Field[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, property]) =>
    describeField(name, property, schema, required.has(name)),
  );
}

function describeField(name: string, property: JsonSchema, root: JsonSchema, required: boolean): Field {
  const variants = alternatives(property, root);
  const concrete = variants.filter((variant) => !isNull(variant));
  const best = [...concrete].sort((a, b) => rank(a) - rank(b))[0] ?? property;
  const item = itemSchema(best, root);
  return {
    name,
    kind: kindOf(best),
    title: titleFor(name, property.title),
    description: describe(property.description ?? best.description),
    default: property.default,
    required,
    nullable: concrete.length < variants.length || (Array.isArray(best.type) && best.type.includes("null")),
    min: best.minimum ?? best.exclusiveMinimum ?? null,
    max: best.maximum ?? best.exclusiveMaximum ?? null,
    choices: (best.enum ?? (best.const === undefined ? [] : [best.const])).filter((choice) => choice !== null),
    items: itemKind(item),
    minItems: best.minItems ?? null,
    maxItems: best.maxItems ?? null,
  };
}

/** Follows $ref, allOf and anyOf until only plain schemas are left. */
function alternatives(schema: JsonSchema, root: JsonSchema, depth = 0): JsonSchema[] {
  if (depth > 8) return [schema];
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.replace("#/$defs/", "")];
    return target ? alternatives(target, root, depth + 1) : [schema];
  }
  const only = schema.allOf?.length === 1 ? schema.allOf[0] : undefined;
  if (only) return alternatives(only, root, depth + 1);
  if (schema.anyOf) return schema.anyOf.flatMap((variant) => alternatives(variant, root, depth + 1));
  return [schema];
}

function isNull(schema: JsonSchema): boolean {
  return schema.type === "null" || (schema.const === null && schema.type === undefined && "const" in schema);
}

function rank(schema: JsonSchema): number {
  return preference.indexOf(kindOf(schema));
}

function kindOf(schema: JsonSchema): FieldKind {
  if (schema.enum !== undefined || schema.const !== undefined) return "choice";
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
  if (type === "array") return "list";
  if (type === "boolean" || type === "integer" || type === "number") return type;
  return "string";
}

function itemSchema(schema: JsonSchema, root: JsonSchema): JsonSchema | undefined {
  const item = schema.items ?? schema.prefixItems?.[0];
  return item ? alternatives(item, root)[0] : undefined;
}

function itemKind(item: JsonSchema | undefined): Field["items"] {
  const kind = item ? kindOf(item) : "integer";
  return kind === "number" || kind === "string" ? kind : "integer";
}

/** A title that only spells the name out is written as a sentence is. */
function titleFor(name: string, title: string | undefined): string {
  const spelled = title?.toLowerCase() === name.replaceAll("_", " ").toLowerCase();
  return title === undefined || spelled ? titleOf(name) : title;
}

function describe(text: string | undefined): string | null {
  return text === undefined ? null : capitalise(text);
}

/** num_hidden → "Num hidden"; what only those in the trade can read is spelled out. */
export function titleOf(name: string): string {
  const words = spelledOut[name] ?? name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
