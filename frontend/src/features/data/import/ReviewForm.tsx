import { Button, Group, SegmentedControl, Stack, Switch, TextInput } from "@mantine/core";
import { useState } from "react";

import { ApiError } from "@/api/client";
import type { Recipe, Survey, Upload } from "@/api/types";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { ProblemText } from "@/shared/ProblemText";

import classes from "../data.module.css";
import { RowTable } from "../RowTable";
import { ColumnChoices } from "./ColumnChoices";
import { DialectFields } from "./DialectFields";
import { AugmentFields, ImageFields } from "./ImageFields";
import { useUploadActions } from "./queries";
import { lacking, withTarget } from "./recipe";
import { nameFor } from "./sending";
import { SplitFields } from "./SplitFields";

interface Props {
  upload: Upload;
  survey: Survey;
}

/** All that is chosen before an import; it begins with what was guessed. */
export function ReviewForm({ upload, survey }: Props) {
  const { t } = useTranslation();
  const { make, read } = useUploadActions(upload.id);
  const [name, setName] = useState(upload.name === "" ? nameFor(upload.filename) : upload.name);
  const [recipe, setRecipe] = useState<Recipe>(survey.recipe);
  const [test, setTest] = useState<{ upload: string; name: string } | null>(null);
  const busy = make.isPending || upload.state === "importing";
  const lacks = lacking(recipe, survey.kind, test !== null || upload.of !== null);
  const failure = make.error ?? (upload.error && upload.state === "ready" ? new ApiError(422, upload.error) : null);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate({ name: name.trim(), recipe, test_upload: test?.upload ?? null });
      }}
    >
      <Stack>
        {survey.table ? (
          <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Columns")}>
            <h2>{t("{{rows}} rows, {{count}} columns", { rows: formatNumber(survey.table.rows), count: survey.table.columns.length })}</h2>
            <ColumnChoices survey={survey.table} recipe={recipe} onChange={setRecipe} />
          </section>
        ) : null}
        {survey.images ? <ImageFields {...{ survey, recipe }} onChange={setRecipe} /> : null}
        {survey.arrays ? <ArrayFacts survey={survey} /> : null}
        <div className={classes["choices"]}>
          <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Split")}>
            <h2>{t("Split")}</h2>
            <SplitFields
              {...{ survey, recipe }}
              onChange={setRecipe}
              testFile={test?.name ?? null}
              onTestFile={(id, filename) => setTest({ upload: id, name: filename })}
            />
          </section>
          <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Numbers")}>
            <h2>{t("Numbers")}</h2>
            <ScalingFields recipe={recipe} images={isImages(survey)} onChange={setRecipe} />
          </section>
          {isImages(survey) ? <AugmentFields recipe={recipe} onChange={setRecipe} /> : null}
        </div>
        {survey.table ? (
          <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("First rows")}>
            <h2>{t("First rows")}</h2>
            {upload.format === "csv" ? (
              <Group align="flex-end" mb="sm" gap="sm">
                <DialectFields dialect={recipe.dialect} onRead={(dialect) => read.mutate(dialect)} busy={read.isPending} />
              </Group>
            ) : null}
            <RowTable
              label={t("First rows of the file")}
              columns={survey.table.columns.map((column) => column.name)}
              rows={survey.table.head}
              labels={[]}
              labelName={null}
            />
          </section>
        ) : null}
        {failure === null ? null : <ProblemText error={failure} title={t("The data set was not made")} />}
        <div className={classes["finish"]}>
          <TextInput
            label={t("Name")}
            value={name}
            required
            maxLength={120}
            w={280}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" disabled={name.trim() === "" || lacks !== null} loading={busy}>
            {upload.of === null ? t("Import") : t("Make the new version")}
          </Button>
          {lacks === null ? null : (
            <span className={classes["lacks"]} role="status">
              {t(lacks)}
            </span>
          )}
        </div>
      </Stack>
    </form>
  );
}

const isImages = (survey: Survey): boolean => survey.kind === "images" || survey.arrays?.input === "image";

function ArrayFacts({ survey }: { survey: Survey }) {
  const { t } = useTranslation();
  if (!survey.arrays) return null;
  const { samples, test_samples, shape, classes: classCount } = survey.arrays;
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Arrays")}>
      <h2>{t("Arrays")}</h2>
      <p className={classes["counts"]}>
        {[
          t("{{samples}} samples of {{shape}}", { samples: formatNumber(samples), shape: shape.join("×") }),
          classCount > 0 ? t("{{count}} classes", { count: classCount }) : null,
          test_samples > 0 ? t("{{samples}} of them for testing", { samples: formatNumber(test_samples) }) : null,
        ]
          .filter((fact) => fact !== null)
          .join(" · ")}
      </p>
    </section>
  );
}

interface ScalingProps {
  recipe: Recipe;
  images: boolean;
  onChange: (recipe: Recipe) => void;
}

function ScalingFields({ recipe, images, onChange }: ScalingProps) {
  const { t } = useTranslation();
  const target = recipe.columns.some(({ kind }) => kind === "target");
  return (
    <div className={classes["fields"]}>
      <div>
        <SegmentedControl
          size="xs"
          fullWidth
          aria-label={t("Scaling")}
          data={[
            { value: "standardise", label: t("Standardise") },
            { value: "min_max", label: t("To 0 … 1") },
            { value: "none", label: t("As they are") },
          ]}
          value={recipe.scaling}
          onChange={(scaling) => onChange({ ...recipe, scaling: scaling })}
        />
        <p className={classes["hint"]}>
          {t("Mean, deviation and range are taken from the training part alone, and kept with every model.")}
        </p>
      </div>
      {target && !images ? (
        <SegmentedControl
          size="xs"
          aria-label={t("The target is")}
          data={[
            { value: "class", label: t("Classes") },
            { value: "value", label: t("A value") },
          ]}
          value={recipe.target_as}
          onChange={(as) => onChange(withTarget(recipe, as))}
        />
      ) : null}
      {target && recipe.target_as === "value" ? (
        <Switch
          size="sm"
          label={t("Standardise the value to predict")}
          checked={recipe.scale_target}
          onChange={(event) => onChange({ ...recipe, scale_target: event.currentTarget.checked })}
        />
      ) : null}
    </div>
  );
}
