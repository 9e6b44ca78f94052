import { Select } from "@mantine/core";

import { useTranslation } from "@/i18n/react";

import { useSystem } from "./queries";

interface Props {
  value: string;
  onChange: (device: string) => void;
}

/** Where to train: left to the machine, or one of its devices; those it lacks say why. */
export function DevicePicker({ value, onChange }: Props) {
  const { t } = useTranslation();
  const { data } = useSystem();
  const devices = data?.devices ?? [];
  const missing = devices.filter((device) => !device.available && device.why !== null);
  return (
    <Select
      size="xs"
      label={t("Device")}
      description={missing.map((device) => `${device.name}: ${device.why ?? ""}`).join("; ") || undefined}
      allowDeselect={false}
      data={[
        { value: "auto", label: data ? t("Automatic ({{device}})", { device: data.device }) : t("Automatic") },
        ...devices.map((device) => ({
          value: device.name,
          label: device.available ? device.name : t("{{name}} (not available)", { name: device.name }),
          disabled: !device.available,
        })),
      ]}
      value={value}
      onChange={(device) => {
        if (device !== null) onChange(device);
      }}
    />
  );
}
