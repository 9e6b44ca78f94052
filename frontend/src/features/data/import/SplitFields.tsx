import { Button, FileButton, MultiSelect, NumberInput, Select, Text } from "@mantine/core";

import type { Recipe, SplitChoice, Survey } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";
import { ProblemText } from "@/shared/ProblemText";

import classes from "../data.module.css";
import { setSplit } from "./recipe";
import { ACCEPTED, refuseFile } from "./sending";
import { SendingBar } from "./SendingBar";
import { useSending } from "./useSending";

type By = SplitChoice["by"];

const names: Record<By, Message> = {
  stratified: msg("By chance, each class in its share"),
  random: msg("By chance"),
  column: msg("By the values of a column"),
  group: msg("By chance, groups kept together"),
  time: msg("By time: the latest are for testing"),
  file: msg("A file of its own is for testing"),
  given: msg("As the file has it"),
};

interface Props {
  survey: Survey;
  recipe: Recipe;
  onChange: (recipe: Recipe) => void;
  testFile: string | null;
  onTestFile: (upload: string, name: string) => void;
}

/** Which samples are trained on and which are kept for the test. */
export function SplitFields({ survey, recipe, onChange, testFile, onTestFile }: Props) {
  const { t } = useTranslation();
  const { split } = recipe;
  const columns = recipe.columns.map(({ name }) => name);
  return (
    <div className={classes["fields"]}>
      <Select
        size="xs"
        label={t("Training and test part")}
        allowDeselect={false}
        data={waysOf(survey, recipe).map((by) => ({ value: by, label: t(names[by]) }))}
        value={split.by}
        onChange={(by) => (by === null ? undefined : onChange(setSplit(recipe, { by, column: null, test_values: [] })))}
      />
      {["column", "group", "time"].includes(split.by) ? (
        <Select
          size="xs"
          searchable
          label={t("By the column")}
          data={columns}
          value={split.column}
          onChange={(column) => onChange(setSplit(recipe, { column, test_values: [] }))}
        />
      ) : null}
      {split.by === "column" && split.column !== null ? (
        <MultiSelect
          size="xs"
          label={t("These are for testing")}
          data={valuesOf(survey, split)}
          value={split.test_values}
          onChange={(test_values) => onChange(setSplit(recipe, { test_values }))}
        />
      ) : null}
      {["stratified", "random", "group", "time"].includes(split.by) ? (
        <NumberInput
          size="xs"
          label={t("Test part in %")}
          min={1}
          max={90}
          value={Math.round(split.fraction * 100)}
          onChange={(percent) => onChange(setSplit(recipe, { fraction: Math.min(90, Math.max(1, Number(percent))) / 100 }))}
        />
      ) : null}
      {["stratified", "random", "group"].includes(split.by) ? (
        <NumberInput
          size="xs"
          label={t("Seed")}
          min={0}
          value={split.seed}
          onChange={(seed) => onChange(setSplit(recipe, { seed: Math.max(0, Math.floor(Number(seed))) }))}
        />
      ) : null}
      {split.by === "file" ? <TestFile name={testFile} onSent={onTestFile} /> : null}
    </div>
  );
}

function waysOf(survey: Survey, recipe: Recipe): By[] {
  const classes = recipe.target_as === "class" && recipe.columns.some(({ kind }) => kind === "target");
  if (survey.kind === "table") return [...(classes ? (["stratified"] as const) : []), "random", "column", "group", "time", "file"];
  const given = survey.kind === "arrays" || (survey.images?.test_images ?? 0) > 0;
  return [...(given ? (["given"] as const) : []), "stratified", "random"];
}

/** The column's values as far as they were seen; those chosen already stay. */
function valuesOf(survey: Survey, split: SplitChoice): string[] {
  const profile = survey.table?.columns.find(({ name }) => name === split.column);
  return [...new Set([...(profile?.examples ?? []), ...split.test_values])];
}

function TestFile({ name, onSent }: { name: string | null; onSent: (upload: string, name: string) => void }) {
  const { t } = useTranslation();
  const { progress, problem, send, setProblem } = useSending((id, file) => onSent(id, file.name));
  const choose = (file: File | null): void => {
    if (!file) return;
    const refusal = refuseFile(file);
    if (refusal === null) void send(file);
    else setProblem(new Error(refusal));
  };
  return (
    <div>
      <Text size="xs" mb={4}>
        {name ?? t("A second file with the same columns.")}
      </Text>
      <FileButton onChange={choose} accept={ACCEPTED}>
        {(props) => (
          <Button {...props} size="xs" variant="default" disabled={progress !== null}>
            {t("Choose the test file")}
          </Button>
        )}
      </FileButton>
      {progress === null ? null : <SendingBar progress={progress} />}
      {problem === null ? null : <ProblemText error={problem} />}
    </div>
  );
}
