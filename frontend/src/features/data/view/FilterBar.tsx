import { Button, Pill, Popover, Select, Stack, TextInput } from "@mantine/core";
import { Filter, Search } from "lucide-react";
import { useState } from "react";

import type { SampleFilter } from "@/api/datasets";
import type { Dataset } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import classes from "../data.module.css";
import { columnText, toggle } from "./filter";

interface Props {
  dataset: Dataset;
  filter: SampleFilter;
  onChange: (filter: SampleFilter) => void;
}

/** Which samples are shown: by class, by what a column holds, by a text in any cell. */
export function FilterBar({ dataset, filter, onChange }: Props) {
  const { t } = useTranslation();
  const { label, input } = dataset;
  const said = columnText(filter, t);
  return (
    <div className={classes["filters"]} role="group" aria-label={t("Filters")}>
      {label.kind === "class" && label.classes && input.kind !== "text" ? (
        <Select
          size="xs"
          w={150}
          clearable
          searchable
          aria-label={t("Class")}
          placeholder={t("All classes")}
          data={label.classes}
          value={filter.label ?? null}
          onChange={(value) => onChange(without({ ...filter, label: value ?? undefined }))}
        />
      ) : null}
      {input.kind === "table" ? (
        <>
          <SearchField value={filter.text ?? ""} onChange={(text) => onChange(without({ ...filter, text: text === "" ? undefined : text }))} />
          <ColumnFilter dataset={dataset} onFilter={(part) => onChange(toggle(filter, part))} />
        </>
      ) : null}
      {said === null ? null : (
        <Pill withRemoveButton removeButtonProps={{ "aria-label": t("Remove the filter"), tabIndex: 0, "aria-hidden": false }} onRemove={() => onChange(toggle(filter, columnPart(filter)))}>
          {said}
        </Pill>
      )}
    </div>
  );
}

const without = (filter: SampleFilter): SampleFilter =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));

function columnPart({ label: _label, text: _text, ...part }: SampleFilter): SampleFilter {
  return part;
}

/** Searched for when one stops typing or presses Enter. */
function SearchField({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(value);
  return (
    <TextInput
      size="xs"
      w={170}
      aria-label={t("Search in all cells")}
      placeholder={t("Search")}
      leftSection={<Search size={13} aria-hidden />}
      value={draft}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={() => (draft === value ? undefined : onChange(draft.trim()))}
      onKeyDown={(event) => (event.key === "Enter" ? onChange(draft.trim()) : undefined)}
    />
  );
}

/** The same as a click on a bar, for the keyboard, and finer. */
function ColumnFilter({ dataset, onFilter }: { dataset: Dataset; onFilter: (part: SampleFilter) => void }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState<string | null>(null);
  const [low, setLow] = useState("");
  const [high, setHigh] = useState("");
  const [value, setValue] = useState<string | null>(null);
  const fields = dataset.input.fields ?? [];
  const field = fields.find((one) => one.name === name);
  const give = (part: SampleFilter): void => {
    setOpened(false);
    onFilter(part);
  };
  const apply = (): void => {
    if (!field) return;
    if (field.kind === "category") give({ column: field.name, equals: value ?? "" });
    else give({ column: field.name, ...bound("low", low), ...bound("high", high) });
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus withinPortal>
      <Popover.Target>
        <Button size="xs" variant="default" leftSection={<Filter size={13} aria-hidden />} onClick={() => setOpened(!opened)}>
          {t("By a column")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            apply();
          }}
        >
          <Stack gap="xs">
            <Select
              size="xs"
              label={t("Column")}
              data={fields.map((one) => one.name)}
              value={name}
              onChange={setName}
              comboboxProps={{ withinPortal: false }}
            />
            {field?.kind === "category" ? (
              <Select
                size="xs"
                label={t("Is")}
                data={field.categories}
                value={value}
                onChange={setValue}
                comboboxProps={{ withinPortal: false }}
              />
            ) : null}
            {field?.kind === "number" ? (
              <>
                <TextInput size="xs" label={t("From")} inputMode="decimal" value={low} onChange={(event) => setLow(event.currentTarget.value)} />
                <TextInput size="xs" label={t("To")} inputMode="decimal" value={high} onChange={(event) => setHigh(event.currentTarget.value)} />
              </>
            ) : null}
            <Button size="xs" type="submit" disabled={!field || (field.kind === "category" && value === null)}>
              {t("Show these")}
            </Button>
            <Button size="xs" variant="default" disabled={!field} onClick={() => (field ? give({ column: field.name, missing: true }) : undefined)}>
              {t("Show where it is missing")}
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

function bound(side: "low" | "high", text: string): SampleFilter {
  const number = Number(text);
  return text.trim() === "" || !Number.isFinite(number) ? {} : { [side]: number };
}
