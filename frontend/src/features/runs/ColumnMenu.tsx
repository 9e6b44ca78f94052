import { Button, Checkbox, Popover, ScrollArea, Stack, Text } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { Columns3 } from "lucide-react";

import { useTranslation } from "@/i18n/react";

import { type Column, USUAL } from "./columns";

/** Which columns a person wants to see, in their order; kept in the browser. */
export function useChosenColumns() {
  const [chosen, choose] = useLocalStorage<string[]>({ key: "netwright.runs.columns", defaultValue: USUAL, getInitialValueInEffect: false });
  return [chosen, choose] as const;
}

interface Props {
  columns: readonly Column[];
  chosen: readonly string[];
  onChoose: (chosen: string[]) => void;
}

/** Chooses the columns of the table; the name of a run is always there. */
export function ColumnMenu({ columns, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const sections = [...new Set(columns.map((column) => column.section))];
  const toggle = (id: string, on: boolean): void => {
    const wanted = new Set(on ? [...chosen, id] : chosen.filter((one) => one !== id));
    // Columns stand in the order of the list, those of runs that are not here now at the end.
    const known = columns.map((column) => column.id);
    onChoose([...known.filter((one) => wanted.has(one)), ...[...wanted].filter((one) => !known.includes(one))]);
  };
  return (
    <Popover position="bottom-end" shadow="md" trapFocus withinPortal>
      <Popover.Target>
        <Button size="compact-sm" variant="default" leftSection={<Columns3 size={15} aria-hidden />}>
          {t("Columns")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("Columns")}>
        <ScrollArea.Autosize mah={380} type="auto">
          <Stack gap="sm" w={280}>
            {sections.map((section) => (
              <Stack key={section} gap={6} role="group" aria-label={section}>
                <Text size="xs" c="dimmed" fw={600}>
                  {section}
                </Text>
                {columns
                  .filter((column) => column.section === section && column.id !== "number")
                  .map((column) => (
                    <Checkbox
                      key={column.id}
                      size="xs"
                      label={column.title}
                      checked={chosen.includes(column.id)}
                      onChange={(event) => toggle(column.id, event.currentTarget.checked)}
                    />
                  ))}
              </Stack>
            ))}
            <Button size="compact-xs" variant="subtle" onClick={() => onChoose(USUAL)}>
              {t("The usual columns")}
            </Button>
          </Stack>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
