import type { Finding } from "@/api/types";
import { type Message, msg, type Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { formatMetric } from "@/shared/format";

type Kind = Finding["kind"];

export const findingTitles: Record<Kind, Message> = {
  leak: msg("{{column}} gives the answer away"),
  id_like: msg("{{column}} only numbers the rows"),
  constant: msg("{{column}} is always the same"),
  duplicates_between: msg("Training samples come again in the test"),
  duplicates_within: msg("Samples come twice"),
  contradictions: msg("Equal samples, different labels"),
  imbalance: msg("The classes are very uneven"),
  small_class: msg("Some classes have hardly any samples"),
  missing: msg("{{column}} has gaps"),
  few_samples: msg("Very few samples"),
};

const texts: Record<Exclude<Kind, "leak">, Message> = {
  id_like: msg("All {{total}} values differ and run from {{value}}: an identifier says nothing of a sample that is new. Leave it out."),
  constant: msg("Every training sample has {{value}}. Nothing can be learnt from it; leave it out."),
  duplicates_between: msg("{{amount}} of {{total}} test samples are, bit for bit, also among the others: the test tells too good a result. Remove them, or keep groups together in the split."),
  duplicates_within: msg("{{amount}} samples are, bit for bit, like one before in the same part: they count more than the others."),
  contradictions: msg("{{amount}} samples are like another one but have another label: no network can get both right."),
  imbalance: msg("{{value}} has {{amount}} training samples, the largest class {{total}}: always guessing the largest is right in {{baseline}} % of cases. Look at precision and recall by class, not at accuracy."),
  small_class: msg("{{amount}} classes have fewer than 5 training samples: they can hardly be learnt, nor told in the test."),
  missing: msg("{{amount}} of {{total}} values are missing ({{percent}} %); the steps say what stands in for them."),
  few_samples: msg("{{amount}} in all: results hang on chance. Compare several seeds."),
};

/** A finding as a sentence with its numbers. */
export function findingText(finding: Finding, t: Translate): string {
  const { kind, count, total, value, score, baseline, measure } = finding;
  const percent = (part: number | null | undefined): string => formatMetric(100 * (part ?? 0));
  if (kind === "leak") {
    if (measure === "r2")
      return t("This column alone explains {{score}} % of the variance of the test part. It may be known only together with the answer; leave it out unless you are sure.", {
        score: percent(score),
      });
    return t("This column alone tells {{score}} % of the test part right (guessing the largest class: {{baseline}} %). It may be known only together with the answer; leave it out unless you are sure.", {
      score: percent(score),
      baseline: percent(baseline),
    });
  }
  return t(texts[kind], {
    amount: formatNumber(count ?? 0),
    total: formatNumber(total ?? 0),
    value: typeof value === "number" ? formatMetric(value) : (value ?? ""),
    baseline: percent(baseline),
    percent: percent((count ?? 0) / Math.max(1, total ?? 1)),
  });
}
