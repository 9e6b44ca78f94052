import { Select } from "@mantine/core";
import { memo, useState } from "react";

import type { GraphNode } from "@/api/types";
import { readReference } from "@/graph/model";
import { inputPorts, type Port } from "@/graph/ports";
import { useTranslation } from "@/i18n/react";

import { useAct } from "../actions/useActions";
import { useJoin } from "../connect/useJoin";
import { useOperator, useSession, useSessionState } from "../session/context";
import classes from "./Inspector.module.css";
import { describeSource, sourcesFor } from "./sources";

/** What feeds each input: the way to connect without a pointer. Drawn again when its inputs change, not its parameters. */
export const NodeInputs = memo(function NodeInputs({ id, op, inputs }: Pick<GraphNode, "id" | "op" | "inputs">) {
  const { t } = useTranslation();
  const ports = inputPorts({ inputs }, useOperator(op));
  if (ports.length === 0) return null;
  return (
    <section className={classes["section"]} aria-label={t("Inputs")}>
      <h2>{t("Inputs")}</h2>
      {ports.map((port) => (
        <Source key={port.name} id={id} port={port} reference={inputs[port.name] ?? null} />
      ))}
    </section>
  );
});

/** The choice of what one input reads. Only sources that can work are offered. */
function Source({ id, port, reference }: { id: string; port: Port; reference: string | null }) {
  const { t } = useTranslation();
  const act = useAct();
  const join = useJoin();
  const session = useSession();
  const label = useSessionState((state) => (reference === null ? "" : describeSource(state, reference)));
  const [isOpened, setOpened] = useState(false);
  // All that can be chosen is worked out when one chooses: in a large network it is much.
  const graph = useSessionState((state) => (isOpened ? state.graph : null));
  const report = useSessionState((state) => (isOpened ? state.report : null));
  const options = graph ? sourcesFor(graph, report, session.operators, { to: id, port: port.name }) : [];
  const isListed = reference === null || options.some((option) => option.value === reference);

  function connect(chosen: string): void {
    const [from, output] = readReference(chosen);
    const { left = 40, bottom = 40 } = document.activeElement?.getBoundingClientRect() ?? {};
    void join({ connections: [{ from, output, to: id, port: port.name }], at: { x: left, y: bottom } });
  }

  return (
    <Select
      label={port.name}
      description={port.kind === "label" && reference === null ? t("The labels of the data set") : null}
      size="xs"
      mb={8}
      searchable
      clearable
      placeholder={port.kind === "label" ? t("labels") : t("not connected")}
      data={isListed ? options : [...options, { value: reference, label }]}
      value={reference}
      onFocus={() => setOpened(true)}
      onChange={(from) => {
        if (from === null) act(t("Disconnect {{port}} of {{id}}", { port: port.name, id }), [{ type: "disconnect", to: id, port: port.name }]);
        else connect(from);
      }}
    />
  );
}
