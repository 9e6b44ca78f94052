import { Button, Group, Select } from "@mantine/core";
import { Plus } from "lucide-react";
import { useState } from "react";

import type { Knob } from "@/api/types";
import type { Translate } from "@/i18n";
import { useTranslation } from "@/i18n/react";

import { knobTitle } from "../names";

interface Props {
  knobs: readonly Knob[];
  taken: ReadonlySet<string>;
  onAdd: (knob: Knob) => void;
}

/** What most people begin with. */
const QUICK = ["settings.optimizer_params.learning_rate", "settings.batch_size", "settings.optimizer", "settings.optimizer_params.wd"];

/** Chooses one more parameter to vary: of the training, of any node, of a group. */
export function AddParameter({ knobs, taken, onAdd }: Props) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const free = knobs.filter((knob) => !taken.has(knob.path));
  const add = (path: string | null): void => {
    const knob = free.find((one) => one.path === path);
    if (!knob) return;
    onAdd(knob);
    setSearch("");
  };
  return (
    <div>
      <Select
        size="xs"
        searchable
        label={t("Vary a parameter")}
        placeholder={t("Find one: learning rate, units, kernel …")}
        nothingFoundMessage={t("Nothing is called so.")}
        data={sectionsOf(free, t)}
        limit={200}
        maxDropdownHeight={320}
        value={null}
        searchValue={search}
        onSearchChange={setSearch}
        onChange={add}
      />
      <Group gap={6} mt={8}>
        {QUICK.map((path) => free.find((knob) => knob.path === path)).map((knob) =>
          knob ? (
            <Button key={knob.path} size="compact-xs" variant="default" leftSection={<Plus size={13} aria-hidden />} onClick={() => add(knob.path)}>
              {knobTitle(knob)}
            </Button>
          ) : null,
        )}
      </Group>
    </div>
  );
}

/** Parameters under what they belong to. The owner is in each label, so that it is found by its name. */
function sectionsOf(knobs: readonly Knob[], t: Translate) {
  const sections = new Map<string, { value: string; label: string }[]>();
  for (const knob of knobs) {
    const section = sectionTitle(knob, t);
    const items = sections.get(section) ?? [];
    items.push({ value: knob.path, label: knob.section === "node" || knob.section === "group" ? `${knob.owner}: ${knobTitle(knob)}` : knobTitle(knob) });
    sections.set(section, items);
  }
  return [...sections].map(([group, items]) => ({ group, items }));
}

function sectionTitle(knob: Knob, t: Translate): string {
  if (knob.section === "settings") return t("Training");
  if (knob.section === "optimizer") return t("Optimizer {{name}}", { name: knob.owner });
  if (knob.section === "scheduler") return t("Schedule {{name}}", { name: knob.owner });
  if (knob.section === "group") return t("Group {{name}}", { name: knob.kind === "" ? knob.owner : knob.kind });
  return `${knob.owner} · ${knob.kind}`;
}
