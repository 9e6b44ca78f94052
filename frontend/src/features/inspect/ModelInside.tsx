import { SegmentedControl, Stack, Title } from "@mantine/core";
import { useState } from "react";

import type { Subject } from "@/api/inspect";
import { useTranslation } from "@/i18n/react";
import type { ModelInsideProps } from "@/shared/insideSlot";

import { LatentPanel } from "./latent/LatentPanel";
import { QualityPanel } from "./quality/QualityPanel";
import { SampleLayers } from "./sample/SampleLayers";

type View = "quality" | "layers" | "latent";

/** The inside of a trained model: its mistakes, a sample layer by layer, its latent space. */
export default function ModelInside({ name, version, input }: ModelInsideProps) {
  const { t } = useTranslation();
  const [view, setView] = useState<View>("quality");
  const subject: Subject = { kind: "model", name, version: version.version };
  const split = version.provenance["settings"] as { validation_split?: number } | undefined;
  return (
    <Stack gap="md" component="section" aria-label={t("Look inside")}>
      <Title order={2}>{t("Look inside")}</Title>
      <SegmentedControl
        aria-label={t("What to look at")}
        data={[
          { value: "quality", label: t("Mistakes") },
          { value: "layers", label: t("Activations") },
          { value: "latent", label: t("Latent space") },
        ]}
        value={view}
        onChange={(value) => setView(value)}
        style={{ alignSelf: "flex-start" }}
      />
      {view === "quality" ? <QualityPanel subject={subject} stamp={version.created_at} hasValidation={(split?.validation_split ?? 0) > 0} /> : null}
      {view === "layers" ? <SampleLayers subject={subject} stamp={version.created_at} input={input} /> : null}
      {view === "latent" ? <LatentPanel subject={subject} stamp={version.created_at} /> : null}
    </Stack>
  );
}
