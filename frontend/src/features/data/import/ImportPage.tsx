import { Anchor, Button, Group, Progress, Skeleton, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import { useEffect } from "react";
import { Link, useLocation } from "wouter";

import { ApiError } from "@/api/client";
import type { Upload } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatBytes } from "@/shared/format";
import { notifyDone } from "@/shared/notify";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";

import classes from "../data.module.css";
import { DialectFields } from "./DialectFields";
import { useSurvey, useUpload, useUploadActions } from "./queries";
import { ReviewForm } from "./ReviewForm";

/** What is to be made of a file that has been sent: read, look, correct, import. A reload loses nothing that was sent. */
export default function ImportPage({ uploadId }: { uploadId: string }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useUpload(uploadId);
  return (
    <div className="nw-page">
      <Anchor component={Link} href="/data" size="sm" display="inline-flex" mb="xs">
        <ArrowLeft size={15} aria-hidden />
        &nbsp;{t("All data sets")}
      </Anchor>
      {data ? <ImportBody upload={data} /> : error ? <ProblemText error={error} onRetry={() => void refetch()} /> : <Skeleton height={420} />}
    </div>
  );
}

function ImportBody({ upload }: { upload: Upload }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const { read, cancel } = useUploadActions(upload.id);
  const { state, dataset } = upload;
  const { mutate: start, isIdle } = read;
  useEffect(() => {
    if (state === "received" && isIdle) start(undefined);
  }, [state, isIdle, start]);
  useEffect(() => {
    if (state !== "done" || dataset === null) return;
    void client.invalidateQueries({ queryKey: ["datasets"] });
    notifyDone(t("The data set is here."));
    navigate(`/data/${encodeURIComponent(dataset)}`, { replace: true });
  }, [state, dataset, client, navigate, t]);
  const leave = (): void => cancel.mutate(undefined, { onSettled: () => navigate(upload.of === null ? "/data" : `/data/${upload.of}`) });
  return (
    <>
      <PageHeader
        title={upload.of === null ? t("Import {{filename}}", { filename: upload.filename }) : t("Change {{name}}", { name: upload.name })}
        subtitle={upload.of === null ? formatBytes(upload.size) : t("What you choose here becomes a new version; runs and models keep theirs.")}
        actions={
          <Button variant="default" onClick={leave} loading={cancel.isPending}>
            {t("Cancel")}
          </Button>
        }
      />
      <ImportState upload={upload} />
    </>
  );
}

function ImportState({ upload }: { upload: Upload }) {
  const { t } = useTranslation();
  const survey = useSurvey(upload);
  switch (upload.state) {
    case "receiving":
      return (
        <Text>
          {t("{{received}} of {{size}} have arrived. Choose the same file again on the data page, and sending goes on there.", {
            received: formatBytes(upload.received),
            size: formatBytes(upload.size),
          })}
        </Text>
      );
    case "received":
    case "reading":
      return <Working label={t("Reading the file")} part={upload.progress} />;
    case "failed":
      return <FailedReading upload={upload} />;
    case "ready":
    case "importing":
      if (survey.data)
        return (
          <>
            {upload.state === "importing" ? <Working label={t("Making the data set")} part={upload.progress} /> : null}
            <ReviewForm key={survey.dataUpdatedAt} upload={upload} survey={survey.data} />
          </>
        );
      return survey.error ? <ProblemText error={survey.error} /> : <Skeleton height={380} />;
    case "done":
      return <Skeleton height={380} />;
  }
}

export function Working({ label, part }: { label: string; part: number }) {
  const percent = Math.floor(100 * part);
  return (
    <div className={classes["working"]}>
      <Text size="sm" mb={6} role="status">
        {label}
        <span className="nw-numbers"> {percent} %</span>
      </Text>
      <Progress value={percent} aria-label={label} animated />
    </div>
  );
}

/** The file could not be read; a table may be written otherwise than was guessed. */
function FailedReading({ upload }: { upload: Upload }) {
  const { t } = useTranslation();
  const { read } = useUploadActions(upload.id);
  return (
    <>
      {upload.error ? <ProblemText error={new ApiError(422, upload.error)} title={t("The file cannot be read so")} /> : null}
      {upload.format === "csv" ? (
        <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("How the file is written")} style={{ marginTop: 16 }}>
          <h2>{t("How the file is written")}</h2>
          <Group align="flex-end">
            <DialectFields onRead={(dialect) => read.mutate(dialect)} busy={read.isPending} />
          </Group>
        </section>
      ) : null}
    </>
  );
}
