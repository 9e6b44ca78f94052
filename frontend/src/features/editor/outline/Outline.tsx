import { Select, TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";

import { readReference } from "@/graph/model";
import { useTranslation } from "@/i18n/react";

import { addOperator } from "../actions/add";
import { useSession, useSessionState } from "../session/context";
import { useUi } from "../ui";
import classes from "./Outline.module.css";
import { OutlineItem } from "./OutlineItem";
import { moveBy, outlineRows } from "./rows";

/** The network as a tree: everything that the drawing can do, for the keyboard and for screen readers. */
export function Outline() {
  const { t } = useTranslation();
  const session = useSession();
  const ui = useUi();
  const graph = useSessionState((state) => state.graph);
  const selected = useSessionState((state) => state.selection.nodes);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [words, setWords] = useState("");
  const rows = useMemo(() => outlineRows(graph, closed, words), [graph, closed, words]);
  const [current, setCurrent] = useState<string | null>(null);
  const tree = useRef<HTMLDivElement>(null);
  const held = rows.findIndex(({ id }) => id === current);
  const [only] = selected.size === 1 ? selected : [];
  const chosen = rows.findIndex(({ id }) => id === only);
  const [lastPlace, setLastPlace] = useState(0);
  // The row in hand may have been deleted or renamed: then the one in its place is.
  const at = chosen >= 0 ? chosen : held >= 0 ? held : Math.min(lastPlace, rows.length - 1);
  if (at >= 0 && at !== lastPlace) setLastPlace(at);

  const focusRow = (id: string): void => tree.current?.querySelector<HTMLElement>(`[data-row="${id}"]`)?.focus();

  function goTo(id: string): void {
    setCurrent(id);
    session.select([id]);
    ui.getState().view?.show(id);
    focusRow(id);
  }

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      const row = rows[at];
      if (!row) return;
      session.select([row.id]);
      if (event.key === "Enter") ui.setState((state) => ({ inspector: true, focusName: state.focusName + 1 }));
      return;
    }
    const move = moveBy(event.key, rows, at);
    if (!move) return;
    event.preventDefault();
    if ("to" in move) goTo(move.to);
    else {
      const next = new Set(closed);
      if (move.isOpen) next.delete(move.open);
      else next.add(move.open);
      setClosed(next);
    }
  }

  // Escape leads back from the details.
  useEffect(() => {
    function onEscape({ key, target }: globalThis.KeyboardEvent): void {
      if (key !== "Escape" || !(target instanceof Element) || !target.closest("[data-details]")) return;
      if (target.getAttribute("aria-expanded") === "true") return; // closes its list first
      // What is typed there is given up before the keyboard leaves.
      requestAnimationFrame(() => tree.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
    }
    window.addEventListener("keydown", onEscape, { capture: true });
    return () => window.removeEventListener("keydown", onEscape, { capture: true });
  }, []);

  // After a deletion the keyboard would be nowhere.
  useEffect(() => {
    const row = rows[at];
    if (row && tree.current?.dataset["held"] === "true" && document.activeElement === document.body) focusRow(row.id);
  }, [rows, at]);

  return (
    <aside className={classes["outline"]} aria-label={t("Outline")}>
      <div className={classes["tools"]}>
        <TextInput
          size="xs"
          value={words}
          placeholder={t("Find a node")}
          aria-label={t("Find a node")}
          leftSection={<Search size={14} aria-hidden />}
          onChange={(event) => setWords(event.currentTarget.value)}
          onKeyDown={(event) => {
            const [first] = rows;
            if (event.key === "ArrowDown" && first) goTo(first.id);
          }}
        />
        <AddAfter id={only ?? null} onAdded={goTo} />
      </div>
      <div
        ref={tree}
        className={classes["tree"]}
        role="tree"
        tabIndex={-1}
        aria-label={t("Nodes of the network")}
        aria-multiselectable={false}
        onKeyDown={onKey}
        onFocus={(event) => (event.currentTarget.dataset["held"] = "true")}
        onBlur={(event) => {
          if (event.relatedTarget) event.currentTarget.dataset["held"] = "false";
        }}
      >
        {rows.map((row, place) => (
          <OutlineItem key={row.id} row={row} isCurrent={place === at} isSelected={selected.has(row.id)} onPick={goTo} />
        ))}
      </div>
      {rows.length === 0 ? <p className={classes["none"]}>{words === "" ? t("The network is empty") : t("Nothing is called that")}</p> : null}
    </aside>
  );
}

/** A new node behind the selected one, which it reads. */
function AddAfter({ id, onAdded }: { id: string | null; onAdded: (id: string) => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const ui = useUi();
  const operators = useMemo(
    () =>
      session.palette.categories.flatMap(({ name, title }) => {
        const items = session.palette.operators.filter((one) => one.category === name && one.in_palette);
        return items.length === 0 ? [] : [{ group: title, items: items.map((one) => ({ value: one.name, label: one.title })) }];
      }),
    [session.palette],
  );
  const label = id === null ? t("Add an operator") : t("Add an operator after {{id}}", { id: readReference(id)[0] });

  function add(name: string | null): void {
    const operator = name === null ? undefined : session.operators.get(name);
    if (!operator) return;
    const added = addOperator(session, operator, null, ui.getState().view?.centre() ?? [0, 0]);
    // The row is there in the next frame.
    requestAnimationFrame(() => onAdded(added));
  }

  return (
    <Select
      size="xs"
      aria-label={label}
      placeholder={label}
      data={operators}
      value={null}
      searchable
      onChange={add}
      nothingFoundMessage={t("Nothing is called that")}
      comboboxProps={{ width: 240, position: "bottom-start" }}
      maxDropdownHeight={320}
    />
  );
}
