/** Changes of a recipe, as pure functions: what follows from a choice is chosen with it. */
import type { Augment, ColumnChoice, ColumnProfile, Recipe, SplitChoice } from "@/api/types";
import { type Message, msg } from "@/i18n";

export type Kind = ColumnChoice["kind"];
export type Remedy = ColumnChoice["missing"];

export const kindNames: Record<Kind, Message> = {
  target: msg("To predict"),
  number: msg("Number"),
  category: msg("Category"),
  date: msg("Date"),
  text: msg("Text"),
  ignored: msg("Left out"),
};

export const remedyNames: Record<Remedy, Message> = {
  drop: msg("Leave the row out"),
  mean: msg("Fill with the mean"),
  median: msg("Fill with the median"),
  most_frequent: msg("Fill with the most frequent"),
  constant: msg("Fill with …"),
};

/** What can be done about gaps in a column of a kind. */
export function remediesOf(kind: Kind): Remedy[] {
  if (kind === "number" || kind === "date") return ["mean", "median", "most_frequent", "constant", "drop"];
  if (kind === "category") return ["constant", "most_frequent", "drop"];
  return kind === "target" ? ["drop"] : [];
}

const usual: Record<Kind, Pick<ColumnChoice, "missing" | "constant">> = {
  number: { missing: "mean", constant: null },
  date: { missing: "median", constant: null },
  category: { missing: "constant", constant: "missing" },
  text: { missing: "constant", constant: "" },
  target: { missing: "drop", constant: null },
  ignored: { missing: "drop", constant: null },
};

const changed = (recipe: Recipe, name: string, change: Partial<ColumnChoice>): Recipe => ({
  ...recipe,
  columns: recipe.columns.map((column) => (column.name === name ? { ...column, ...change } : column)),
});

/** Another kind for a column; there is one target at most, and what was it before becomes what it looks like. */
export function setKind(recipe: Recipe, profiles: readonly ColumnProfile[], name: string, kind: Kind): Recipe {
  let next = recipe;
  if (kind === "target") {
    const before = recipe.columns.find((column) => column.kind === "target");
    if (before && before.name !== name) {
      const seen = profiles.find((profile) => profile.name === before.name)?.kind ?? "ignored";
      next = changed(next, before.name, { kind: seen, ...usual[seen] });
    }
    const classLike = profiles.find((profile) => profile.name === name)?.class_like === true;
    next = withTarget(next, classLike ? "class" : "value");
  }
  next = changed(next, name, { kind, ...usual[kind] });
  return next.columns.some((column) => column.kind === "target") ? next : fitSplit(next);
}

/** The target as classes or as a value; only classes can be drawn in their shares. */
export function withTarget(recipe: Recipe, as: Recipe["target_as"]): Recipe {
  const { by } = recipe.split;
  const fits = as === "class" ? (by === "random" ? "stratified" : by) : by === "stratified" ? "random" : by;
  return { ...recipe, target_as: as, split: { ...recipe.split, by: fits } };
}

const fitSplit = (recipe: Recipe): Recipe =>
  recipe.split.by === "stratified" ? { ...recipe, split: { ...recipe.split, by: "random" } } : recipe;

export const setRemedy = (recipe: Recipe, name: string, missing: Remedy): Recipe =>
  changed(recipe, name, { missing, constant: missing === "constant" ? "" : null });

export const setConstant = (recipe: Recipe, name: string, constant: string): Recipe => changed(recipe, name, { constant });

export const setSplit = (recipe: Recipe, change: Partial<SplitChoice>): Recipe => ({
  ...recipe,
  split: { ...recipe.split, ...change },
});

export const setAugment = (recipe: Recipe, change: Partial<Augment>): Recipe => ({
  ...recipe,
  augment: { ...recipe.augment, ...change },
});

/** What keeps a recipe from being carried out; null when nothing does. */
export function lacking(recipe: Recipe, kind: "table" | "images" | "arrays", hasTestFile: boolean): Message | null {
  if (kind === "table" && !recipe.columns.some((column) => !["ignored", "target"].includes(column.kind)))
    return msg("Choose at least one column to learn from.");
  if (["column", "group", "time"].includes(recipe.split.by) && recipe.split.column === null)
    return msg("Choose the column that the split goes by.");
  if (recipe.split.by === "column" && recipe.split.test_values.length === 0)
    return msg("Choose the values of the test part.");
  if (recipe.split.by === "file" && !hasTestFile) return msg("Choose the file of the test part.");
  return null;
}
