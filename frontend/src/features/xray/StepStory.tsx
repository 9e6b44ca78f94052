import { ActionIcon, Anchor, Button } from "@mantine/core";
import { Crosshair, X } from "lucide-react";

import type { OperatorInfo } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { formatBytes, formatFlops, formatShape } from "@/shared/format";

import { formatSeconds } from "./format";
import type { Plan, Step } from "./model";
import { lookedAt, usePointer, usePointerState } from "./pointer";
import { chapterTitles, chapterUrl, operatorUrl, sourceUrl, storiesOf } from "./stories";
import classes from "./xray.module.css";

interface Props {
  plan: Plan;
  operators: ReadonlyMap<string, OperatorInfo>;
  opOf: (node: string) => string | undefined;
  onShowNode: (node: string) => void;
}

/** What the framework did at the step that is looked at, and why. */
export function StepStory({ plan, operators, opOf, onShowNode }: Props) {
  const { t } = useTranslation();
  const pointer = usePointer();
  const at = usePointerState(lookedAt);
  const isChosen = usePointerState(({ chosen }) => chosen !== null);
  const step = at === null ? undefined : plan.steps[at];
  return (
    <aside className={classes["story"]} aria-label={t("What happens at this step")}>
      {step ? (
        <>
          <header>
            <h2>
              {t("Step {{step}}", { step: step.step })} <small>{step.phase === "backward" ? t("Backward") : t("Forward")}</small>
            </h2>
            {isChosen ? (
              <ActionIcon variant="subtle" color="gray" aria-label={t("Let the step go")} onClick={() => pointer.setState({ chosen: null })}>
                <X size={15} />
              </ActionIcon>
            ) : null}
          </header>
          <Facts step={step} plan={plan} />
          {storiesOf(step, plan).map(({ text, chapter }) => (
            <p key={text}>
              {text}{" "}
              <Anchor href={chapterUrl(chapter)} target="_blank" rel="noreferrer" fz="inherit" underline="always">
                {t(chapterTitles[chapter])}
              </Anchor>
            </p>
          ))}
          <Operators step={step} operators={operators} opOf={opOf} />
          <Nodes step={step} opOf={opOf} onShowNode={onShowNode} />
        </>
      ) : (
        <>
          <h2>{t("What happens here?")}</h2>
          <p>
            {t("Before a network runs, the Scheduler writes its gradient as further steps, joins what belongs together, and gives every tensor a place in one piece of memory, the arena.")}
          </p>
          <p>{t("Point at a step, a tensor or a time to see what goes with it; click to keep it. The arrow keys go from step to step.")}</p>
          <p>
            <Anchor href={chapterUrl("06-plan")} target="_blank" rel="noreferrer" fz="inherit" underline="always">
              {t(chapterTitles["06-plan"])}
            </Anchor>
          </p>
        </>
      )}
    </aside>
  );
}

function Facts({ step, plan }: { step: Step; plan: Plan }) {
  const { t } = useTranslation();
  const tensors = (ids: readonly number[]): string =>
    ids.flatMap((id) => plan.tensors.get(id) ?? []).map(({ name, shape }) => `${name} ${formatShape(shape)}`).join(", ");
  const rows: [string, string][] = [
    [t("Operator"), step.op],
    [t("Reads"), tensors(step.inputs)],
    [t("Makes"), tensors(step.outputs)],
    [t("Operations"), formatFlops(step.flops)],
    [t("Reads and writes"), formatBytes(step.bytes)],
    [t("Predicted time"), formatSeconds(step.predicted)],
    ...(step.measured === null ? [] : [[t("Measured time"), formatSeconds(step.measured)] satisfies [string, string]]),
  ];
  return (
    <dl>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The operators that the step, or the nodes behind it, are made of, with a line each from their own documentation. */
function Operators({ step, operators, opOf }: Pick<Props, "operators" | "opOf"> & { step: Step }) {
  const { t } = useTranslation();
  const names = [...new Set([step.view.operator, ...step.view.nodes.map(opOf)])];
  const known = names.flatMap((name) => (name === undefined ? [] : (operators.get(name) ?? []))).filter(({ in_palette: isPublic, name }) => isPublic && name !== "Input");
  if (known.length === 0) return null;
  return (
    <>
      <h3>{t("Its operators")}</h3>
      <ul>
        {known.map(({ name, summary }) => (
          <li key={name}>
            <Anchor href={operatorUrl(name)} target="_blank" rel="noreferrer" fz="inherit" underline="always">
              {name}
            </Anchor>{" "}
            {summary.replaceAll("`", "")}{" "}
            <Anchor href={sourceUrl(name)} target="_blank" rel="noreferrer" fz="inherit" underline="always" aria-label={t("Source of {{name}}", { name })}>
              {t("Source")}
            </Anchor>
          </li>
        ))}
      </ul>
    </>
  );
}

function Nodes({ step, opOf, onShowNode }: Pick<Props, "opOf" | "onShowNode"> & { step: Step }) {
  const { t } = useTranslation();
  const nodes = step.view.nodes.filter((node) => opOf(node) !== undefined);
  return (
    <div className={classes["nodes"]}>
      {nodes.map((node) => (
        <Button key={node} size="compact-xs" variant="default" leftSection={<Crosshair size={12} aria-hidden />} onClick={() => onShowNode(node)}>
          {t("Show {{node}} in the network", { node })}
        </Button>
      ))}
    </div>
  );
}
