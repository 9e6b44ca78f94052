import { Button, Skeleton } from "@mantine/core";
import { Database, Upload } from "lucide-react";
import { useState } from "react";

import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";

import classes from "./data.module.css";
import { DatasetCard } from "./DatasetCard";
import { Unfinished } from "./import/Unfinished";
import { useDatasets } from "./queries";
import { UploadDialog } from "./UploadDialog";

export function DatasetList() {
  const { t } = useTranslation();
  const { data, error, refetch } = useDatasets();
  const [uploading, setUploading] = useState(false);
  return (
    <>
      <PageHeader
        title={t("Data")}
        subtitle={t("What networks learn from: the built-in sets and your own.")}
        actions={
          <Button leftSection={<Upload size={15} aria-hidden />} onClick={() => setUploading(true)}>
            {t("Upload")}
          </Button>
        }
      />
      <Unfinished onGoOn={() => setUploading(true)} />
      {error && !data ? <ProblemText error={error} onRetry={() => void refetch()} /> : null}
      {data?.items.length === 0 ? <EmptyState icon={Database} title={t("No data set")} /> : null}
      <div className={classes["cards"]}>
        {data
          ? data.items.map((dataset) => <DatasetCard key={dataset.id} dataset={dataset} />)
          : error
            ? null
            : [0, 1, 2, 3, 4, 5].map((place) => <Skeleton key={place} height={150} />)}
      </div>
      <UploadDialog opened={uploading} onClose={() => setUploading(false)} />
    </>
  );
}
