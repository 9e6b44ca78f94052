import { Select, Text } from "@mantine/core";

import type { Params, TrainingChoice } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { fieldsOf } from "@/shared/schema/field";
import { SchemaForm } from "@/shared/schema/SchemaForm";

import classes from "./training.module.css";

interface Choice {
  name: string;
  params: Params;
}

interface Props {
  label: string;
  choices: readonly TrainingChoice[];
  value: Choice | null;
  /** The word for choosing nothing; without it one has to be chosen. */
  none?: string;
  onChange: (value: Choice | null) => void;
}

const NONE = "";

/** One of several named things, and the form of its parameters. */
export function ChoiceFields({ label, choices, value, none, onChange }: Props) {
  const chosen = choices.find((choice) => choice.name === value?.name);
  const options = choices.map((choice) => ({ value: choice.name, label: choice.title }));
  return (
    <>
      <Select
        size="xs"
        label={label}
        allowDeselect={false}
        data={none === undefined ? options : [{ value: NONE, label: none }, ...options]}
        value={value?.name ?? NONE}
        onChange={(name) => {
          const next = choices.find((choice) => choice.name === name);
          onChange(next ? { name: next.name, params: carryOver(next, value?.params ?? {}) } : null);
        }}
      />
      {chosen ? (
        <>
          <Text size="xs" c="dimmed">
            {chosen.summary}
          </Text>
          <ChoiceForm
            choice={chosen}
            params={value?.params ?? {}}
            onChange={(params) => onChange({ name: chosen.name, params })}
          />
        </>
      ) : null}
    </>
  );
}

/** What people turn first; the rest is folded away. */
const main = new Set(["learning_rate", "momentum", "wd"]);

interface FormProps {
  choice: TrainingChoice;
  params: Params;
  onChange: (params: Params) => void;
}

function ChoiceForm({ choice, params, onChange }: FormProps) {
  const { t } = useTranslation();
  const names = fieldsOf(choice.params_schema).map((field) => field.name);
  const folded = names.some((name) => main.has(name)) ? names.filter((name) => !main.has(name)) : [];
  const form = (hide: readonly string[]) => (
    <SchemaForm
      schema={choice.params_schema}
      value={params}
      hide={hide}
      onChange={(name, next) => {
        const { [name]: _old, ...rest } = params;
        onChange(next === undefined ? rest : { ...rest, [name]: next });
      }}
    />
  );
  return (
    <>
      {form(folded)}
      {folded.length === 0 ? null : (
        <details className={classes["more"]}>
          <summary>{t("{{count}} more settings", { count: folded.length })}</summary>
          {form(names.filter((name) => !folded.includes(name)))}
        </details>
      )}
    </>
  );
}

/** Keeps what the next choice knows too, such as the weight decay; its own defaults stand for the rest. */
export function carryOver(next: TrainingChoice, params: Params): Params {
  const names = new Set(fieldsOf(next.params_schema).map((field) => field.name));
  // A learning rate that suits one optimizer rarely suits another.
  names.delete("learning_rate");
  return Object.fromEntries(Object.entries(params).filter(([name]) => names.has(name)));
}
