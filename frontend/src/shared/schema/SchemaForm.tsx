import { Stack } from "@mantine/core";

import type { JsonSchema, Params, ParamValue } from "@/api/types";

import { fieldsOf } from "./field";
import { SchemaField } from "./SchemaField";

export interface SchemaFormProps {
  /** An object schema: the parameters of an operator, of an optimizer … */
  schema: JsonSchema;
  /** The values given; what is missing has its default. */
  value: Params;
  /** One field changed; `undefined` takes the value away, so that the default counts again. Best the same function always. */
  onChange: (name: string, value: ParamValue | undefined) => void;
  /** What is wrong, by field name. */
  errors?: Readonly<Record<string, string>>;
  disabled?: boolean;
  /** Names of fields to leave out. */
  hide?: readonly string[];
}

/** A form made from JSON Schema, with errors under the fields they belong to. */
export function SchemaForm({ schema, value, onChange, errors = {}, disabled = false, hide = [] }: SchemaFormProps) {
  return (
    <Stack gap="sm">
      {fieldsOf(schema)
        .filter((field) => !hide.includes(field.name))
        .map((field) => (
          <SchemaField
            key={field.name}
            field={field}
            value={value[field.name]}
            error={errors[field.name]}
            disabled={disabled}
            onChange={onChange}
          />
        ))}
    </Stack>
  );
}
