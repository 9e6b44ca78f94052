import { Button, CloseButton, Paper } from "@mantine/core";
import { useClickOutside } from "@mantine/hooks";
import { Unplug, Wrench } from "lucide-react";
import { type CSSProperties, useEffect, useRef } from "react";

import type { GraphEdit } from "@/graph/edits";
import { useTranslation } from "@/i18n/react";

import { useAct } from "../actions/useActions";
import { type Refused, useUi, useUiState } from "../ui";
import classes from "./Refusal.module.css";

const WIDTH = 316;
const ROOM_BELOW = 250;

/** Where a connection was refused: why, and what would make it work in one click. */
export function Refusal() {
  const refused = useUiState((state) => state.refused);
  return refused ? <Reason key={`${refused.at.x},${refused.at.y},${refused.label}`} refused={refused} /> : null;
}

function Reason({ refused }: { refused: Refused }) {
  const { t } = useTranslation();
  const ui = useUi();
  const act = useAct();
  const back = useRef(document.activeElement);
  const first = useRef<HTMLButtonElement>(null);
  const { at, label, problem, mends, before, anyway } = refused;
  const close = (): void => {
    ui.setState({ refused: null });
    if (back.current instanceof HTMLElement) back.current.focus({ preventScroll: true });
  };
  const box = useClickOutside<HTMLDivElement>(() => ui.setState({ refused: null }));
  useEffect(() => first.current?.focus({ preventScroll: true }), []);

  function mend(name: string, edits: readonly GraphEdit[]): void {
    close();
    act(name, edits);
  }

  const style: CSSProperties = {
    left: Math.max(8, Math.min(at.x + 6, window.innerWidth - WIDTH - 8)),
    top: Math.max(8, Math.min(at.y + 6, window.innerHeight - ROOM_BELOW)),
    width: Math.min(WIDTH, window.innerWidth - 16),
  };
  return (
    <Paper
      ref={box}
      className={classes["box"] ?? ""}
      style={style}
      shadow="md"
      withBorder
      role="alertdialog"
      aria-labelledby="refusal-title"
      aria-describedby="refusal-reason"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <header className={classes["head"]}>
        <Unplug size={15} aria-hidden />
        <strong id="refusal-title">{t("These do not connect")}</strong>
        <CloseButton size="sm" ref={mends.length === 0 ? first : null} aria-label={t("Close")} onClick={close} />
      </header>
      <div id="refusal-reason" className={classes["reason"]}>
        <p>{problem.message}</p>
        {problem.wanted === null && problem.got === null ? null : (
          <dl>
            {problem.wanted === null ? null : <Fact name={t("Wanted")} value={problem.wanted} />}
            {problem.got === null ? null : <Fact name={t("Got")} value={problem.got} />}
          </dl>
        )}
        {problem.remedy !== null && mends.length === 0 ? <p className={classes["remedy"]}>{problem.remedy}</p> : null}
      </div>
      {mends.length > 0 || anyway ? (
        <div className={classes["ways"]}>
          {mends.map((one, place) => (
            <Button
              key={one.label}
              ref={place === 0 ? first : null}
              size="compact-sm"
              variant={place === 0 ? "filled" : "light"}
              leftSection={<Wrench size={13} aria-hidden />}
              justify="flex-start"
              onClick={() => mend(t("{{mend}}, {{action}}", { mend: one.label, action: label }), [...before, ...one.edits])}
            >
              {one.label}
            </Button>
          ))}
          {anyway ? (
            <Button size="compact-sm" variant="subtle" color="gray" justify="flex-start" onClick={() => mend(label, anyway)}>
              {t("Connect anyway")}
            </Button>
          ) : null}
        </div>
      ) : null}
    </Paper>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
