import { Paper, TextInput } from "@mantine/core";
import { useClickOutside } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { type CSSProperties, type KeyboardEvent, useMemo, useState } from "react";

import { listFollowers } from "@/api/graphs";
import type { OperatorInfo } from "@/api/types";
import { writeReference } from "@/graph/model";
import { NODE_SIZE } from "@/graph/rows";
import { useTranslation } from "@/i18n/react";
import { lookOf } from "@/shared/category";

import { addOperator, insertOperator } from "../actions/add";
import { bestFirst, searchPalette } from "../palette/search";
import { useSession, useSessionState } from "../session/context";
import { type Insert, useUi, useUiState } from "../ui";
import classes from "./QuickInsert.module.css";

const WIDTH = 264;
const HEIGHT = 330;
const MOST = 60;

/** Type the name of an operator where it shall stand; after a line was drawn, only what takes it is offered. */
export function QuickInsert() {
  const insert = useUiState((state) => state.insert);
  return insert ? <Chooser key={`${insert.at.x},${insert.at.y}`} insert={insert} /> : null;
}

function Chooser({ insert }: { insert: Insert }) {
  const { t } = useTranslation();
  const ui = useUi();
  const session = useSession();
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState(0);
  const close = (): void => ui.setState({ insert: null });
  const box = useClickOutside<HTMLDivElement>(close);
  const fitting = useFitting(insert);
  const found = useMemo(() => {
    const all = bestFirst(searchPalette(session.palette, words), words);
    return all.filter((one) => fitting === null || fitting.has(one.name)).slice(0, MOST);
  }, [session, words, fitting]);

  function add(operator: OperatorInfo | undefined): void {
    if (!operator) return;
    const [x, y] = insert.place;
    const corner: [number, number] = [x - NODE_SIZE.width / 2, y - NODE_SIZE.height / 2];
    if (insert.loose) insertOperator(session, operator, corner, insert.loose);
    else addOperator(session, operator, corner, corner);
    close();
  }

  function onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setChosen(Math.max(0, Math.min(found.length - 1, chosen + step)));
    }
    if (event.key === "Enter") add(found[chosen]);
    if (event.key === "Escape") close();
  }

  const style: CSSProperties = {
    left: Math.max(8, Math.min(insert.at.x, window.innerWidth - WIDTH - 8)),
    top: Math.max(8, Math.min(insert.at.y, window.innerHeight - HEIGHT - 8)),
    width: WIDTH,
  };
  return (
    <Paper ref={box} className={classes["box"] ?? ""} style={style} shadow="md" withBorder role="dialog" aria-label={t("Insert an operator")}>
      <TextInput
        size="xs"
        autoFocus
        value={words}
        placeholder={insert.loose ? t("What fits here") : t("Find an operator")}
        aria-label={t("Insert an operator")}
        role="combobox"
        aria-expanded
        aria-controls="quick-insert"
        aria-activedescendant={found[chosen] ? `insert-${found[chosen].name}` : undefined}
        onChange={(event) => {
          setWords(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKey}
      />
      <div className={classes["list"]} role="listbox" id="quick-insert" aria-label={t("Operators")}>
        {found.map((operator, at) => (
          <Option key={operator.name} operator={operator} isChosen={at === chosen} onAdd={() => add(operator)} />
        ))}
        {found.length === 0 ? <p className={classes["none"]}>{t("No operator fits “{{words}}”.", { words })}</p> : null}
      </div>
    </Paper>
  );
}

function Option({ operator, isChosen, onAdd }: { operator: OperatorInfo; isChosen: boolean; onAdd: () => void }) {
  const { icon: Icon, hue } = lookOf(operator.category);
  return (
    <div
      id={`insert-${operator.name}`}
      ref={(row) => {
        if (isChosen) row?.scrollIntoView({ block: "nearest" });
      }}
      role="option"
      aria-selected={isChosen}
      tabIndex={-1}
      className={classes["option"]}
      style={{ "--hue": hue } as CSSProperties}
      title={operator.summary}
      onClick={onAdd}
      onKeyDown={(event) => {
        if (event.key === "Enter") onAdd();
      }}
    >
      <Icon size={13} strokeWidth={2} aria-hidden />
      <span>{operator.title}</span>
    </div>
  );
}

/** The operators that take what the line carries; null as long as that is not known, or nothing limits the choice. */
function useFitting({ loose }: Insert): ReadonlySet<string> | null {
  const session = useSession();
  const graph = useSessionState((state) => state.graph);
  const dataset = useSessionState((state) => state.dataset);
  const batch_size = useSessionState((state) => state.settings.batch_size);
  const source = loose?.kind === "source" ? writeReference(loose.from, loose.output) : null;
  const followers = useQuery({
    queryKey: ["followers", graph.nodes, source, dataset, batch_size],
    queryFn: ({ signal }) => listFollowers({ graph, dataset, batch_size, source: source ?? "" }, signal),
    enabled: source !== null,
  });
  return useMemo(() => {
    if (loose?.kind === "target") return new Set([...session.operators.values()].filter((one) => !one.is_loss).map((one) => one.name));
    return followers.data ? new Set(followers.data.operators) : null;
  }, [loose, session, followers.data]);
}
