import { Select } from "@mantine/core";

import type { TrainingChoice } from "@/api/types";
import { useTranslation } from "@/i18n/react";

interface Props {
  choices: readonly TrainingChoice[];
  value: string;
  onChange: (name: string) => void;
}

/** How the weights are drawn before the first step. */
export function InitializerPicker({ choices, value, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <Select
      size="xs"
      label={t("Initial weights")}
      description={choices.find((choice) => choice.name === value)?.summary}
      allowDeselect={false}
      data={choices.map((choice) => ({ value: choice.name, label: choice.title }))}
      value={value}
      onChange={(name) => {
        if (name !== null) onChange(name);
      }}
    />
  );
}
