import { CloseButton, ScrollArea, Text, TextInput, Tooltip } from "@mantine/core";
import { Search } from "lucide-react";
import { type CSSProperties, type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";

import type { OperatorInfo } from "@/api/types";

import { addOperator } from "../actions/add";
import { useTranslation } from "@/i18n/react";
import { lookOf } from "@/shared/category";
import { useSession } from "../session/context";
import { useUi, useUiState } from "../ui";
import { OPERATOR_MIME } from "./drag";
import classes from "./Palette.module.css";
import { bestMatch, searchPalette } from "./search";

/** All operators by family: drag one onto the canvas, click it, or type and press Enter. */
export function Palette() {
  const { t } = useTranslation();
  const session = useSession();
  const ui = useUi();
  const [words, setWords] = useState("");
  const groups = useMemo(() => searchPalette(session.palette, words), [session, words]);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const asked = useUiState((state) => state.focusSearch);
  useEffect(() => {
    if (asked > 0) field.current?.focus();
  }, [asked]);

  function add(operator: OperatorInfo): void {
    const view = ui.getState().view;
    const id = addOperator(session, operator, null, view?.centre() ?? [0, 0]);
    // The node is drawn in the next frame; only then can it be shown.
    if (view) requestAnimationFrame(() => view.show(id));
  }

  function onKey(event: KeyboardEvent): void {
    const best = event.key === "Enter" && words.trim() !== "" ? bestMatch(groups, words) : null;
    if (best) {
      add(best);
      // The next name typed takes the place of this one.
      field.current?.select();
    }
    if (event.key === "/") {
      event.preventDefault();
      field.current?.select();
    }
    if (event.key === "ArrowDown") {
      event.preventDefault();
      list.current?.querySelector<HTMLElement>("button")?.focus();
    }
    if (event.key === "Escape" && words === "") field.current?.blur();
    else if (event.key === "Escape") setWords("");
  }

  return (
    <aside className={classes["palette"]} aria-label={t("Palette")}>
      <div className={classes["search"]}>
        <TextInput
          ref={field}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          onKeyDown={onKey}
          placeholder={t("Find an operator")}
          aria-label={t("Find an operator")}
          size="xs"
          leftSection={<Search size={14} />}
          rightSection={words === "" ? <kbd className={classes["key"]}>/</kbd> : <CloseButton size="xs" aria-label={t("Clear")} onClick={() => setWords("")} />}
        />
      </div>
      <ScrollArea className={classes["scroll"] ?? ""} type="hover" scrollbarSize={6}>
        <div ref={list} onKeyDown={walk} role="presentation">
          {groups.map(({ category, operators }) => (
            <section key={category.name} aria-label={category.title}>
              <h2 className={classes["category"]}>{category.title}</h2>
              {operators.map((operator) => (
                <Entry key={operator.name} operator={operator} onAdd={add} />
              ))}
            </section>
          ))}
        </div>
        {groups.length === 0 ? (
          <Text c="dimmed" size="xs" ta="center" p="lg">
            {t("No operator fits “{{words}}”.", { words })}
          </Text>
        ) : null}
      </ScrollArea>
    </aside>
  );
}

/** Arrow keys go from entry to entry, across categories. */
function walk(event: KeyboardEvent<HTMLDivElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const entries = [...event.currentTarget.querySelectorAll<HTMLElement>("button")];
  entries[entries.findIndex((entry) => entry === document.activeElement) + step]?.focus();
}

function Entry({ operator, onAdd }: { operator: OperatorInfo; onAdd: (operator: OperatorInfo) => void }) {
  const { icon: Icon, hue } = lookOf(operator.category);
  return (
    <Tooltip label={operator.summary} position="right" disabled={operator.summary === ""} openDelay={600}>
      <button
        type="button"
        className={classes["entry"]}
        style={{ "--hue": hue } as CSSProperties}
        draggable
        onDragStart={(event) => {
          event.dataTransfer.setData(OPERATOR_MIME, operator.name);
          event.dataTransfer.effectAllowed = "copy";
        }}
        onClick={() => onAdd(operator)}
      >
        <span className={classes["icon"]}>
          <Icon size={13} strokeWidth={2} aria-hidden />
        </span>
        <span className={classes["title"]}>{operator.title}</span>
      </button>
    </Tooltip>
  );
}
