import type { DataStep } from "@/api/types";
import { type Message, msg, type Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";

import { formatMetric } from "../format";

const fills: Partial<Record<NonNullable<DataStep["how"]>, Message>> = {
  mean: msg("{{count}} gaps in {{column}} are filled with the mean, {{value}}."),
  median: msg("{{count}} gaps in {{column}} are filled with the median, {{value}}."),
  most_frequent: msg("{{count}} gaps in {{column}} are filled with the most frequent value, {{value}}."),
  constant: msg("{{count}} gaps in {{column}} are filled with “{{value}}”."),
};

const splits: Record<string, Message> = {
  stratified: msg("{{train}} samples for training, {{test}} for testing, drawn by chance with each class in its share (seed {{seed}})."),
  random: msg("{{train}} samples for training, {{test}} for testing, drawn by chance (seed {{seed}})."),
  group: msg("{{train}} samples for training, {{test}} for testing; rows with the same {{column}} stay together (seed {{seed}})."),
  column: msg("{{train}} samples for training, {{test}} for testing, as {{column}} says."),
  time: msg("{{train}} samples for training, the {{test}} latest by {{column}} for testing."),
  file: msg("{{train}} samples for training; the {{test}} of a second file are for testing."),
  given: msg("{{train}} samples for training, {{test}} for testing, as the file has them."),
};

const others: Record<Exclude<DataStep["kind"], "fill" | "split">, Message> = {
  ignore: msg("{{column}} is left out."),
  drop_rows: msg("{{count}} rows without {{column}} are left out."),
  one_hot: msg("{{column}} becomes {{count}} inputs of 0 and 1, one for each category."),
  date: msg("{{column}} becomes days, and its place in the year and in the week."),
  words: msg("The words of {{column}} are counted in {{count}} places."),
  standardise: msg("{{count}} numbers are standardised: mean 0 and deviation 1 on the training part."),
  min_max: msg("{{count}} numbers are brought to 0 … 1, the range of the training part."),
  scale: msg("Values are divided by {{value}}."),
  scale_target: msg("What is predicted, {{column}}, is standardised; answers are turned back."),
  resize: msg("{{count}} pictures are brought to {{value}}."),
  flip_horizontal: msg("While training, half of the images are mirrored."),
  flip_vertical: msg("While training, half of the images are turned upside down."),
  crop: msg("While training, up to {{value}} of height and width is cropped away."),
  shift: msg("While training, images are shifted by up to {{count}} pixels."),
};

function messageOf(step: DataStep): Message {
  if (step.kind === "fill") return fills[step.how ?? "constant"] ?? msg("{{count}} gaps in {{column}} are filled with “{{value}}”.");
  if (step.kind === "split") return splits[step.how ?? "given"] ?? msg("{{train}} samples for training, {{test}} for testing, as the file has them.");
  return others[step.kind];
}

/** A recorded step as a sentence. */
export function stepText(step: DataStep, t: Translate): string {
  const value = step.kind === "crop" ? `${Math.round(100 * Number(step.value))} %` : valueText(step.value);
  return t(messageOf(step), {
    column: step.column ?? t("the target"),
    count: step.count ?? 0,
    value,
    train: formatNumber(step.train ?? 0),
    test: formatNumber(step.test ?? 0),
    seed: step.seed ?? 0,
  });
}

const valueText = (value: DataStep["value"]): string =>
  typeof value === "number" ? formatMetric(value) : (value ?? "");
