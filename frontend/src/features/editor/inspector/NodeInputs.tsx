import { Select } from "@mantine/core";
import { useState } from "react";

import type { GraphNode, OperatorInfo } from "@/api/types";
import { judgeConnection } from "@/graph/connect";
import { findNode, readReference, writeReference } from "@/graph/model";
import { inputPorts, outputNames, outputReference } from "@/graph/ports";
import { useTranslation } from "@/i18n/react";
import { formatShape } from "@/shared/format";

import { useAct } from "../actions/useActions";
import { useJoin } from "../connect/useJoin";
import { useSession, useSessionState } from "../session/context";
import classes from "./Inspector.module.css";

/** What feeds each input: the way to connect without a pointer. Only sources that can work are offered. */
export function NodeInputs({ node, operator }: { node: GraphNode; operator: OperatorInfo | undefined }) {
  const { t } = useTranslation();
  const act = useAct();
  const join = useJoin();
  const session = useSession();
  const graph = useSessionState((state) => state.graph);
  const report = useSessionState((state) => state.report);
  const [opened, setOpened] = useState<string | null>(null);
  const ports = inputPorts(node, operator);
  if (ports.length === 0) return null;

  function connect(port: string, reference: string): void {
    const [from, output] = readReference(reference);
    const { left = 40, bottom = 40 } = document.activeElement?.getBoundingClientRect() ?? {};
    void join({ connections: [{ from, output, to: node.id, port }], at: { x: left, y: bottom } });
  }

  function describe(reference: string) {
    const [from, output] = readReference(reference);
    if (!findNode(graph, from)) return { value: reference, label: t("{{reference}} (missing)", { reference }) };
    const outputs = report?.nodes[from]?.outputs ?? [];
    const shape = (outputs.find((one) => one.name === output) ?? outputs[0])?.shape;
    return { value: reference, label: shape ? `${reference}  ·  ${formatShape(shape)}` : reference };
  }

  function sourcesFor(port: string) {
    return graph.nodes.flatMap((source) => {
      if (!judgeConnection(graph, session.operators, { from: source.id, to: node.id, port }).ok) return [];
      const names = outputNames(session.operators.get(source.op), report?.nodes[source.id]);
      return names.map((name) => {
        const output = outputReference(names, name);
        const shape = report?.nodes[source.id]?.outputs.find((one) => one.name === name)?.shape;
        const value = writeReference(source.id, output);
        return { value, label: shape ? `${value}  ·  ${formatShape(shape)}` : value };
      });
    });
  }

  return (
    <section className={classes["section"]} aria-label={t("Inputs")}>
      <h2>{t("Inputs")}</h2>
      {ports.map((port) => {
        const reference = node.inputs[port.name] ?? null;
        // All that can be chosen is worked out when one chooses: in a large network it is much.
        const options = opened === port.name ? sourcesFor(port.name) : [];
        const isListed = reference === null || options.some((option) => option.value === reference);
        return (
          <Select
            key={port.name}
            label={port.name}
            description={port.kind === "label" && reference === null ? t("The labels of the data set") : null}
            size="xs"
            mb={8}
            searchable
            clearable
            placeholder={port.kind === "label" ? t("labels") : t("not connected")}
            data={isListed ? options : [...options, describe(reference)]}
            value={reference}
            onFocus={() => setOpened(port.name)}
            onChange={(from) => {
              if (from === null) act(t("Disconnect {{port}} of {{id}}", { port: port.name, id: node.id }), [{ type: "disconnect", to: node.id, port: port.name }]);
              else connect(port.name, from);
            }}
          />
        );
      })}
    </section>
  );
}
