import { Anchor, Select, Skeleton } from "@mantine/core";
import { ArrowLeft } from "lucide-react";
import { useContext, useState } from "react";
import { Link } from "wouter";

import type { Model, ModelVersion } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatAge } from "@/shared/format";
import { InsideSlot } from "@/shared/insideSlot";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";
import { useReadOnly } from "@/shared/readOnly";
import { ShareButton } from "@/shared/share/ShareButton";

import { ContinueBox } from "./creating/ContinueBox";
import { GenerateBox } from "./creating/GenerateBox";
import { DeleteModel } from "./DeleteModel";
import { GraphSummary } from "./GraphSummary";
import { headline } from "./metrics";
import classes from "./models.module.css";
import { Playground } from "./playground/Playground";
import { firstTrial } from "./playground/trial";
import { useModel } from "./queries";
import { SnippetTabs } from "./snippets/SnippetTabs";
import { VersionFacts } from "./VersionFacts";

export default function ModelPage({ name }: { name: string }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useModel(name);
  return (
    <div className="nw-page">
      <Anchor component={Link} href="/models" size="sm" display="inline-flex" mb="xs">
        <ArrowLeft size={15} aria-hidden />
        &nbsp;{t("All models")}
      </Anchor>
      {data ? (
        <ModelBody model={data} />
      ) : error ? (
        <ProblemText error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton height={420} />
      )}
    </div>
  );
}

function ModelBody({ model }: { model: Model }) {
  const { t } = useTranslation();
  const newest = model.versions.reduce<ModelVersion | null>(
    (best, version) => (best === null || version.version > best.version ? version : best),
    null,
  );
  const [chosen, setChosen] = useState<number | null>(null);
  const version = model.versions.find((one) => one.version === chosen) ?? newest;
  if (!version || !newest) return <PageHeader title={model.name} subtitle={t("This model has no version.")} />;
  return (
    <>
      <PageHeader
        title={model.name}
        subtitle={[t("Version {{version}}", { version: version.version }), headline(version)].filter(Boolean).join(" · ")}
        actions={
          <>
            {model.versions.length > 1 ? (
              <Select
                aria-label={t("Version")}
                w={210}
                allowDeselect={false}
                data={model.versions.map((one) => ({
                  value: String(one.version),
                  label: t("Version {{version}}, {{age}}", { version: one.version, age: formatAge(one.created_at) }),
                }))}
                value={String(version.version)}
                onChange={(next) => setChosen(Number(next))}
              />
            ) : null}
            <ShareButton kind="model" target={model.name} version={version.version} />
            <DeleteModel name={model.name} />
          </>
        }
      />
      <VersionBody key={version.version} name={model.name} version={version} newest={version === newest} />
    </>
  );
}

const takesInputs = (ability: ModelVersion["does"][number]): boolean => ability !== "generate" && ability !== "continue";

interface BodyProps {
  name: string;
  version: ModelVersion;
  newest: boolean;
}

/** A version to look at and try, without what surrounds it. */
export function VersionBody({ name, version, newest }: BodyProps) {
  const [trial, setTrial] = useState(() => firstTrial(version));
  const slots = useContext(InsideSlot);
  const readOnly = useReadOnly();
  return (
    <>
    <div className={classes["columns"]}>
      <div className={classes["column"]}>
        {version.does.includes("generate") ? <GenerateBox name={name} version={version.version} /> : null}
        {version.does.includes("continue") ? <ContinueBox name={name} version={version} /> : null}
        {version.does.some(takesInputs) ? (
          <Playground name={name} version={version} trial={trial} onTrial={setTrial} />
        ) : null}
        {readOnly ? null : <SnippetTabs name={name} version={version} newest={newest} raw={trial.raw} />}
        <GraphSummary version={version} />
      </div>
      <div className={classes["column"]}>
        <VersionFacts name={name} version={version} />
      </div>
    </div>
    {slots ? <div className={classes["inside"]}>{slots.model({ name, version, input: trial.raw })}</div> : null}
    </>
  );
}
