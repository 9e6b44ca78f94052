import { Select } from "@mantine/core";
import { useLocation } from "wouter";

import type { SweepBrief } from "@/api/types";
import { useTranslation } from "@/i18n/react";

/** Shows the runs of one sweep only; the choice stands in the address, so that it can be linked to. */
export function SweepFilter({ sweeps, value }: { sweeps: readonly SweepBrief[]; value: string | null }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  if (sweeps.length === 0 && value === null) return null;
  return (
    <Select
      size="xs"
      w={180}
      clearable
      searchable
      aria-label={t("Only of a sweep")}
      placeholder={t("Any sweep or none")}
      data={sweeps.map((sweep) => ({ value: sweep.id, label: sweep.name }))}
      value={value}
      onChange={(id) => navigate(id === null ? "/runs" : `/runs?sweep=${id}`)}
    />
  );
}
