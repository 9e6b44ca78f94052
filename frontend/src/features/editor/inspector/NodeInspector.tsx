import { Badge, Checkbox, Group, Text } from "@mantine/core";
import { useCallback } from "react";

import type { GraphNode, ParamValue, ReceptiveField } from "@/api/types";
import type { GraphEdit } from "@/graph/edits";
import { readReference } from "@/graph/model";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatBytes, formatFlops, formatShape } from "@/shared/format";
import { SchemaForm } from "@/shared/schema/SchemaForm";
import { sentences } from "@/shared/text";

import { useAct } from "../actions/useActions";
import { lookOf } from "@/shared/category";
import { ProblemCard } from "../problems/ProblemCard";
import { useOperator, useSessionState } from "../session/context";
import { ActionButtons } from "../toolbar/ActionButtons";
import classes from "./Inspector.module.css";
import { NodeInputs } from "./NodeInputs";
import { NodeName } from "./NodeName";
import { OperatorDoc } from "./OperatorDoc";

/** One node: its name, what is wrong with it, its parameters, what feeds it, and what follows from that. */
export function NodeInspector({ node }: { node: GraphNode }) {
  const { t } = useTranslation();
  const act = useAct();
  const operator = useOperator(node.op);
  const problems = useSessionState((state) => state.problems.get(node.id)) ?? [];
  const { icon: Icon } = lookOf(operator?.category ?? "");
  const errors = Object.fromEntries(
    problems.flatMap(({ parameter, message, remedy }) =>
      parameter === null ? [] : [[parameter, sentences(message, remedy)]],
    ),
  );
  const schema = operator?.params_schema;
  const fields = schema?.properties ?? {};
  const hasParams = Object.keys(fields).length > 0;
  // What is told under its field needs no card, unless there is a mend to click.
  const carded = problems.filter(({ parameter, fix }) => parameter === null || fix !== null || !(parameter in fields));

  const { id } = node;
  const setParam = useCallback(
    (name: string, value: ParamValue | undefined): void => {
      const edit: GraphEdit =
        value === undefined ? { type: "unset-params", id, names: [name] } : { type: "set-params", id, params: { [name]: value } };
      act(t("Set {{name}} of {{id}}", { name, id }), [edit], { key: `${id}.${name}` });
    },
    [act, t, id],
  );

  return (
    <>
      <div>
        <Group gap={8} wrap="nowrap" mb={8}>
          <Icon size={16} aria-hidden />
          <Text fw={640}>{operator?.title ?? node.op}</Text>
          {operator ? null : (
            <Badge color="red" size="xs" variant="light">
              {t("unknown")}
            </Badge>
          )}
        </Group>
        <NodeName id={node.id} />
        {operator ? (
          <Text size="xs" c="dimmed" mt={8}>
            {operator.summary}
          </Text>
        ) : null}
      </div>
      {carded.map((problem, at) => (
        <ProblemCard key={at} problem={problem} />
      ))}
      {schema && hasParams ? (
        <section className={classes["section"]} aria-label={t("Parameters")}>
          <h2>{t("Parameters")}</h2>
          <SchemaForm schema={schema} value={node.params} errors={errors} onChange={setParam} />
        </section>
      ) : null}
      <NodeInputs id={node.id} op={node.op} inputs={node.inputs} />
      <Derived id={node.id} />
      <OutputSwitch id={node.id} />
      <ActionButtons ids={["duplicate", "delete"]} />
      {operator?.doc ? (
        <section className={classes["section"]} aria-label={t("About this operator")}>
          <h2>{t("About {{name}}", { name: operator.name })}</h2>
          <OperatorDoc doc={operator.doc} />
        </section>
      ) : null}
    </>
  );
}

function Derived({ id }: { id: string }) {
  const { t } = useTranslation();
  const report = useSessionState((state) => state.report?.nodes[id]);
  if (!report) return null;
  return (
    <section className={classes["section"]} aria-label={t("Derived")}>
      <h2>{t("For one batch")}</h2>
      <dl className={classes["facts"]}>
        {report.outputs.map((output) => (
          <Fact key={output.name} name={report.outputs.length > 1 ? t("Out {{name}}", { name: output.name }) : t("Out")}>
            {output.shape ? `${formatShape(output.shape)} ${output.dtype ?? ""}` : t("unknown")}
          </Fact>
        ))}
        {[...report.weights, ...report.states].map((weight) => (
          <Fact key={weight.name} name={weight.name.replace(`${id}_`, "")}>
            {weight.shape ? formatShape(weight.shape) : t("unknown")}
          </Fact>
        ))}
        <Fact name={t("Trained parameters")}>{formatNumber(report.parameters)}</Fact>
        <Fact name={t("Operations")}>{formatFlops(report.flops)}</Fact>
        <Fact name={t("Memory")}>{formatBytes(report.bytes)}</Fact>
        <Receptive fields={report.receptive} />
      </dl>
    </section>
  );
}

/** How much of the input one output position is computed from. */
function Receptive({ fields }: { fields: readonly ReceptiveField[] }) {
  const { t } = useTranslation();
  return fields.map(({ input, size, of, step }) => {
    const name = fields.length > 1 ? t("Receptive field in {{input}}", { input }) : t("Receptive field");
    const isWhole = size.every((seen, axis) => seen === of[axis]);
    const moves = step.map((one) => (one === null ? "–" : formatNumber(one))).join("×");
    const text = isWhole
      ? t("all of {{shape}}", { shape: formatShape(of) })
      : t("{{size}} of {{shape}}", { size: formatShape(size), shape: formatShape(of) });
    return (
      <Fact key={input} name={name}>
        <span title={t("What one output position is computed from; from one to the next it moves by {{moves}}", { moves })}>{text}</span>
      </Fact>
    );
  });
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function OutputSwitch({ id }: { id: string }) {
  const { t } = useTranslation();
  const act = useAct();
  const outputs = useSessionState((state) => state.graph.outputs);
  const isOutput = outputs.some((reference) => readReference(reference)[0] === id);
  const without = outputs.filter((reference) => readReference(reference)[0] !== id);
  return (
    <Checkbox
      size="xs"
      label={t("An output of the network")}
      checked={isOutput}
      onChange={() =>
        act(isOutput ? t("Make {{id}} no output", { id }) : t("Make {{id}} an output", { id }), [
          { type: "set-outputs", outputs: isOutput ? without : [...outputs, id] },
        ])
      }
    />
  );
}
