import { Select, Switch, TextInput } from "@mantine/core";
import { memo, useState } from "react";

import type { ParamValue } from "@/api/types";
import type { Translate } from "@/i18n";
import { useTranslation } from "@/i18n/react";

import type { Field } from "./field";
import { readList, writeList } from "./list";
import { readNumber } from "./number";

interface Given {
  field: Field;
  value: ParamValue | undefined;
  error?: string | undefined;
  disabled: boolean;
}

export interface SchemaFieldProps extends Given {
  onChange: (name: string, value: ParamValue | undefined) => void;
}

interface ControlProps extends Given {
  onChange: (value: ParamValue | undefined) => void;
}

/** The one control that fits a field of a schema. */
export const SchemaField = memo(function SchemaField({ onChange, ...given }: SchemaFieldProps) {
  const props: ControlProps = { ...given, onChange: (value) => onChange(given.field.name, value) };
  switch (given.field.kind) {
    case "boolean":
      return <BooleanField {...props} />;
    case "integer":
    case "number":
      return <NumberField {...props} />;
    case "choice":
      return <ChoiceField {...props} />;
    case "list":
      return <ListField {...props} />;
    case "string":
      return <StringField {...props} />;
  }
});

function common({ field, error, disabled }: ControlProps) {
  return {
    label: field.title,
    description: field.description,
    error: error ?? null,
    disabled,
    required: field.required,
    size: "xs" as const,
    name: field.name,
  };
}

/** What an empty field stands for, shown in grey. */
function hint(field: Field, t: Translate): string {
  if (field.default === undefined) return field.required ? t("needed") : "";
  if (field.default === null) return t("automatic");
  return wordOf(field.default);
}

function wordOf(value: ParamValue): string {
  if (Array.isArray(value)) return writeList(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** An emptied field goes back to its default. */
function cleared(field: Field): ParamValue | undefined {
  return field.nullable ? null : undefined;
}

function BooleanField(props: ControlProps) {
  const { field, value, onChange } = props;
  const { required: _required, ...shared } = common(props);
  return (
    <Switch
      {...shared}
      checked={(value ?? field.default) === true}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

/** A text field, for numbers are also written 1e-3; what is out of range is let through: the check explains it better. */
function NumberField(props: ControlProps) {
  const { t } = useTranslation();
  const { field, value, onChange } = props;
  const shown = value === undefined ? field.default : value;
  const [draft, setDraft] = useDraft(shown === undefined || shown === null ? "" : wordOf(shown), (text) => {
    const reading = readNumber(text, field.kind);
    return reading.value === null ? null : String(reading.value);
  });
  const { value: number, error } = readNumber(draft, field.kind);

  function take(text: string): void {
    setDraft(text);
    const next = readNumber(text, field.kind);
    if (text.trim() === "") onChange(cleared(field));
    else if (next.value !== null) onChange(next.value);
  }

  return (
    <TextInput
      {...common(props)}
      value={draft}
      inputMode="decimal"
      autoComplete="off"
      placeholder={hint(field, t)}
      error={(draft.trim() === "" ? null : error) ?? props.error ?? null}
      onChange={(event) => take(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
        event.preventDefault();
        const step = field.kind === "integer" ? 1 : stepOf(number ?? undefined);
        const next = Number(((number ?? 0) + (event.key === "ArrowUp" ? step : -step)).toPrecision(12));
        take(String(Math.min(Math.max(next, field.min ?? -Infinity), field.max ?? Infinity)));
      }}
    />
  );
}

/**
 * The text of a field: the person's while they type, until the value is changed elsewhere (undo, a mend). `normal`
 * writes a text as its value would be shown; null when it holds none.
 */
function useDraft(shown: string, normal: (text: string) => string | null): [string, (text: string) => void] {
  const [draft, setDraft] = useState(shown);
  const [seen, setSeen] = useState(shown);
  if (seen !== shown) {
    setSeen(shown);
    if (normal(draft) !== shown) setDraft(shown);
  }
  return [draft, setDraft];
}

/** A tenth of the leading power of ten, so that arrows are useful on 0.001 and on 10 alike. */
function stepOf(value: ParamValue | undefined): number {
  const size = typeof value === "number" && value !== 0 ? Math.abs(value) : 0.1;
  return 10 ** Math.floor(Math.log10(size));
}

function ChoiceField(props: ControlProps) {
  const { t } = useTranslation();
  const { field, value, onChange } = props;
  const shown = value === undefined ? field.default : value;
  return (
    <Select
      {...common(props)}
      data={field.choices.map(wordOf)}
      value={shown === undefined || shown === null ? null : wordOf(shown)}
      placeholder={hint(field, t)}
      clearable={field.nullable}
      allowDeselect={false}
      comboboxProps={{ withinPortal: true }}
      onChange={(text) =>
        onChange(text === null ? cleared(field) : field.choices.find((choice) => wordOf(choice) === text))
      }
    />
  );
}

function StringField(props: ControlProps) {
  const { t } = useTranslation();
  const { field, value, onChange } = props;
  const shown = value === undefined ? field.default : value;
  return (
    <TextInput
      {...common(props)}
      value={typeof shown === "string" || typeof shown === "number" ? String(shown) : ""}
      placeholder={hint(field, t)}
      onChange={(event) => {
        const text = event.currentTarget.value;
        onChange(text === "" ? cleared(field) : text);
      }}
    />
  );
}

function ListField(props: ControlProps) {
  const { t } = useTranslation();
  const { field, value, onChange } = props;
  const shown = writeList(value === undefined ? field.default : value);
  const [draft, setDraft] = useDraft(shown, (text) => {
    const reading = readList(text, field);
    return reading.error === null ? writeList(reading.value) : null;
  });
  const reading = readList(draft, field);
  const empty = draft.trim() === "";
  return (
    <TextInput
      {...common(props)}
      value={draft}
      placeholder={hint(field, t) || "3, 3"}
      error={(empty ? null : reading.error) ?? props.error ?? null}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setDraft(text);
        const next = readList(text, field);
        if (text.trim() === "") onChange(cleared(field));
        else if (next.value !== null) onChange(next.value);
      }}
    />
  );
}
