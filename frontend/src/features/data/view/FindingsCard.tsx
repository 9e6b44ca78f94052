import { Badge } from "@mantine/core";
import { CircleCheck, Info, TriangleAlert } from "lucide-react";

import type { Finding, Split } from "@/api/types";
import { type Message, msg, type Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";

import classes from "../data.module.css";
import { findingText, findingTitles } from "./findings";

/** What should be looked at before training, each with its evidence. */
export function FindingsCard({ findings }: { findings: readonly Finding[] }) {
  const { t } = useTranslation();
  const warnings = findings.filter(({ severity }) => severity === "warning").length;
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Warnings")}>
      <h2>
        {t("Worth a look")}{" "}
        {warnings > 0 ? (
          <Badge size="sm" color="orange" variant="light" tt="none">
            {t("{{count}} warnings", { count: warnings })}
          </Badge>
        ) : null}
      </h2>
      {findings.length === 0 ? (
        <p className={classes["fine"]}>
          <CircleCheck size={15} aria-hidden /> {t("Nothing stands out: no gaps, no duplicates, no leaking or constant column.")}
        </p>
      ) : (
        <ul className={classes["findings"]}>
          {findings.map((finding, place) => (
            <FindingItem key={place} finding={finding} />
          ))}
        </ul>
      )}
    </section>
  );
}

function FindingItem({ finding }: { finding: Finding }) {
  const { t } = useTranslation();
  const Icon = finding.severity === "warning" ? TriangleAlert : Info;
  const pairs = finding.pairs;
  const shares = finding.shares;
  return (
    <li data-severity={finding.severity}>
      <details open={finding.severity === "warning"}>
        <summary>
          <Icon size={14} aria-hidden />
          <span>{t(findingTitles[finding.kind], { column: finding.column ?? "" })}</span>
        </summary>
        <p>{findingText(finding, t)}</p>
        {shares.length > 0 ? <Shares finding={finding} /> : null}
        {pairs.length > 0 ? (
          <ul className={classes["pairs"]} aria-label={t("Samples that are alike")}>
            {pairs.map((pair, place) => (
              <li key={place}>
                {sampleText(pair.first as [Split, number], pair.labels[0] ?? null, t)} = {sampleText(pair.second as [Split, number], pair.labels[1] ?? null, t)}
              </li>
            ))}
          </ul>
        ) : null}
      </details>
    </li>
  );
}

const parts: Record<Split, Message> = { train: msg("training"), test: msg("test") };

function sampleText([part, number]: [Split, number], label: string | number | null, t: Translate): string {
  return `${t(parts[part])} #${number}${label === null ? "" : ` (${label})`}`;
}

/** What a column says: how many samples are at each of its values, and of what class they mostly are. */
function Shares({ finding }: { finding: Finding }) {
  const { t } = useTranslation();
  const shares = finding.shares;
  const most = Math.max(1, ...shares.map(({ count }) => count));
  return (
    <ul className={classes["shares"]} aria-label={t("Evidence")}>
      {shares.map((share) => (
        <li key={share.name}>
          <span>{share.name}</span>
          <div className={classes["track"]} aria-hidden>
            <div className={classes["fill"]} style={{ width: `${(100 * share.count) / most}%` }} />
          </div>
          <span>
            {formatNumber(share.count)}
            {share.mostly === null || share.mostly === undefined
              ? ""
              : ` → ${typeof share.mostly === "number" ? formatMetric(share.mostly) : share.mostly}`}
            {share.share === null || share.share === undefined ? "" : ` ${Math.round(100 * share.share)} %`}
          </span>
        </li>
      ))}
    </ul>
  );
}
