import { ActionIcon, Group, Menu, NumberInput, Select, Text, TextInput } from "@mantine/core";
import { Boxes, Plus, X } from "lucide-react";
import { useMemo } from "react";

import type { NodeGroup, ParamValue } from "@/api/types";
import type { GroupChanges } from "@/graph/groups";
import { nodesIn } from "@/graph/groups";
import { connectionsOf, findNode, writeReference } from "@/graph/model";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatBytes, formatFlops } from "@/shared/format";
import { fieldsOf } from "@/shared/schema/field";
import { SchemaField } from "@/shared/schema/SchemaField";

import { useAct } from "../actions/useActions";
import { useProblemsIn } from "../canvas/useProblemsIn";
import { ProblemCard } from "../problems/ProblemCard";
import { useSession, useSessionState } from "../session/context";
import { ActionButtons } from "../toolbar/ActionButtons";
import classes from "./Inspector.module.css";
import { NodeName } from "./NodeName";

const MOST_REPEATS = 1000;

/** One group: its name, how often it is repeated, the parameters it shows, and what it holds. */
export function GroupInspector({ group }: { group: NodeGroup }) {
  const { t } = useTranslation();
  const act = useAct();
  const problems = useProblemsIn(group.id, []);
  const { id } = group;
  const change = (label: string, changes: GroupChanges): void =>
    act(label, [{ type: "set-group", id, changes }], { key: `${id}.${Object.keys(changes).join()}` });

  return (
    <>
      <div>
        <Group gap={8} wrap="nowrap" mb={8}>
          <Boxes size={16} aria-hidden />
          <Text fw={640}>{t("Group")}</Text>
        </Group>
        <NodeName id={id} isGroup />
      </div>
      {problems.map((problem, at) => (
        <ProblemCard key={at} problem={problem} />
      ))}
      <TextInput
        size="xs"
        label={t("Title")}
        placeholder={id}
        value={group.title}
        maxLength={200}
        onChange={(event) => change(t("Title of {{id}}", { id }), { title: event.currentTarget.value })}
      />
      <NumberInput
        size="xs"
        label={t("Repeat")}
        description={t("So many copies in a row, each with weights of its own")}
        min={1}
        max={MOST_REPEATS}
        clampBehavior="strict"
        allowDecimal={false}
        value={group.repeat}
        onChange={(value) => {
          if (typeof value === "number") change(t("Repeat {{id}} ×{{times}}", { id, times: value }), { repeat: value });
        }}
      />
      {group.repeat > 1 ? <Carry group={group} onChange={(carry) => change(t("What {{id}} passes on", { id }), { carry })} /> : null}
      <Exposed group={group} onChange={(exposed) => change(t("Parameters of {{id}}", { id }), { exposed })} />
      <Facts id={id} />
      <ActionButtons ids={["toggle-group", "ungroup", "duplicate", "delete"]} />
    </>
  );
}

/** Which of several connections is passed from repetition to repetition. */
function Carry({ group, onChange }: { group: NodeGroup; onChange: (carry: string | null) => void }) {
  const { t } = useTranslation();
  const graph = useSessionState((state) => state.graph);
  const entering = useMemo(() => {
    const inside = new Set(nodesIn(graph, group.id));
    const outer = connectionsOf(graph).filter(({ from, to }) => inside.has(to) && !inside.has(from));
    return [...new Set(outer.map(({ from, output }) => writeReference(from, output)))];
  }, [graph, group.id]);
  if (entering.length < 2 && group.carry === null) return null;
  return (
    <Select
      size="xs"
      label={t("Passed on")}
      description={t("The connection that a repetition takes from the one before it")}
      data={entering}
      value={group.carry}
      onChange={onChange}
      clearable
    />
  );
}

interface Choice {
  node: string;
  parameter: string;
}

/** The parameters of members that are set here, on the block. */
function Exposed({ group, onChange }: { group: NodeGroup; onChange: (exposed: NodeGroup["exposed"]) => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const act = useAct();
  const graph = useSessionState((state) => state.graph);
  const isShown = ({ node, parameter }: Choice): boolean =>
    group.exposed.some((one) => one.node === node && one.parameter === parameter);
  const nodes = nodesIn(graph, group.id).flatMap((id) => findNode(graph, id) ?? []);
  const choices = nodes.map((node) => ({
    node,
    fields: fieldsOf(session.operators.get(node.op)?.params_schema ?? {}).filter(
      (field) => !isShown({ node: node.id, parameter: field.name }),
    ),
  }));

  function setParam({ node, parameter }: Choice, value: ParamValue | undefined): void {
    act(
      t("Set {{name}} of {{id}}", { name: parameter, id: node }),
      [
        value === undefined
          ? { type: "unset-params", id: node, names: [parameter] }
          : { type: "set-params", id: node, params: { [parameter]: value } },
      ],
      { key: `${node}.${parameter}` },
    );
  }

  return (
    <section className={classes["section"]} aria-label={t("Parameters")}>
      <Group justify="space-between">
        <h2>{t("Parameters")}</h2>
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon size="sm" variant="subtle" aria-label={t("Show a parameter here")} title={t("Show a parameter here")}>
              <Plus size={14} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
            {choices
              .filter(({ fields }) => fields.length > 0)
              .map(({ node, fields }) => (
                <div key={node.id}>
                  <Menu.Label>{node.id}</Menu.Label>
                  {fields.map((field) => (
                    <Menu.Item
                      key={field.name}
                      onClick={() => onChange([...group.exposed, { node: node.id, parameter: field.name, title: "" }])}
                    >
                      {field.title}
                    </Menu.Item>
                  ))}
                </div>
              ))}
          </Menu.Dropdown>
        </Menu>
      </Group>
      {group.exposed.length === 0 ? (
        <Text size="xs" c="dimmed">
          {t("Parameters of its nodes can be shown here.")}
        </Text>
      ) : null}
      {group.exposed.map((shown) => {
        const node = findNode(graph, shown.node);
        const field = fieldsOf(session.operators.get(node?.op ?? "")?.params_schema ?? {}).find(
          (one) => one.name === shown.parameter,
        );
        const name = `${shown.node}.${shown.parameter}`;
        return (
          <Group key={name} gap={4} wrap="nowrap" align="flex-start">
            <div style={{ flex: 1 }}>
              {node && field ? (
                <SchemaField
                  field={{ ...field, title: shown.title || t("{{parameter}} of {{node}}", { parameter: field.title, node: node.id }) }}
                  value={node.params[field.name]}
                  disabled={false}
                  onChange={(_name, value) => setParam(shown, value)}
                />
              ) : (
                <Text size="xs">{name}</Text>
              )}
            </div>
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={t("Show {{name}} here no more", { name })}
              title={t("Show {{name}} here no more", { name })}
              onClick={() => onChange(group.exposed.filter((one) => one !== shown))}
            >
              <X size={13} aria-hidden />
            </ActionIcon>
          </Group>
        );
      })}
    </section>
  );
}

function Facts({ id }: { id: string }) {
  const { t } = useTranslation();
  const report = useSessionState((state) => state.report?.groups[id]);
  if (!report) return null;
  return (
    <section className={classes["section"]} aria-label={t("Derived")}>
      <h2>{t("For one batch")}</h2>
      <dl className={classes["facts"]}>
        <dt>{t("Nodes")}</dt>
        <dd>{formatNumber(report.nodes)}</dd>
        <dt>{t("Trained parameters")}</dt>
        <dd>{formatNumber(report.parameters)}</dd>
        <dt>{t("Operations")}</dt>
        <dd>{formatFlops(report.flops)}</dd>
        <dt>{t("Memory")}</dt>
        <dd>{formatBytes(report.bytes)}</dd>
      </dl>
    </section>
  );
}
