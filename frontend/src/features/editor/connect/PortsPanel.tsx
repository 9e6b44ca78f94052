import { CloseButton, Kbd, Paper, TextInput } from "@mantine/core";
import { useClickOutside } from "@mantine/hooks";
import { type CSSProperties, type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";

import { useTranslation } from "@/i18n/react";

import { useAct } from "../actions/useActions";
import { useSession, useSessionState } from "../session/context";
import { type PortMark, useUi, useUiState } from "../ui";
import { type Drawn, linkedTo, type Partner, partnersOf, type PortItem, portsOf } from "./ports";
import classes from "./PortsPanel.module.css";
import { useJoin } from "./useJoin";

const WIDTH = 288;
const HEIGHT = 330;
const MOST = 80;

/** The connections of a node, for the keyboard: choose a port, go along its lines, connect and disconnect. */
export function PortsPanel() {
  const id = useUiState((state) => state.ports);
  const graph = useSessionState((state) => state.graph);
  const session = useSession();
  const isThere = id !== null && portsOf({ graph, operators: session.operators, report: null }, id).length > 0;
  return isThere ? <Ports key={id} id={id} /> : null;
}

function Ports({ id }: { id: string }) {
  const { t } = useTranslation();
  const ui = useUi();
  const { operators } = useSession();
  const graph = useSessionState((state) => state.graph);
  const report = useSessionState((state) => state.report);
  const drawn = useMemo(() => ({ graph, operators, report }), [graph, operators, report]);
  const ports = useMemo(() => portsOf(drawn, id), [drawn, id]);
  const [at, setAt] = useState(() => Math.max(0, ports.findIndex((port) => port.side === "output")));
  const [choosing, setChoosing] = useState(false);
  const port = ports[Math.min(at, ports.length - 1)];
  const close = (): void => {
    ui.setState({ ports: null });
    ui.getState().view?.go(id);
  };
  const box = useClickOutside<HTMLDivElement>(() => ui.setState({ ports: null }));
  useEffect(() => () => ui.setState({ mark: null }), [ui]);
  if (!port) return null;
  return (
    <Paper ref={box} className={classes["box"] ?? ""} style={placeBeside(id)} shadow="md" withBorder role="dialog" aria-label={t("Connections of {{id}}", { id })}>
      <header className={classes["head"]}>
        <strong>{choosing ? t("Connect {{port}} of {{id}} with …", { port: port.name, id }) : t("Connections of {{id}}", { id })}</strong>
        <CloseButton size="sm" aria-label={t("Close")} onClick={close} />
      </header>
      {choosing ? (
        <Partners drawn={drawn} port={port} onDone={() => setChoosing(false)} />
      ) : (
        <PortList drawn={drawn} ports={ports} at={Math.min(at, ports.length - 1)} onMove={setAt} onChoose={() => setChoosing(true)} onClose={close} />
      )}
    </Paper>
  );
}

interface ListProps {
  drawn: Drawn;
  ports: PortItem[];
  at: number;
  onMove: (at: number) => void;
  onChoose: () => void;
  onClose: () => void;
}

function PortList({ drawn, ports, at, onMove, onChoose, onClose }: ListProps) {
  const { t } = useTranslation();
  const ui = useUi();
  const act = useAct();
  const list = useRef<HTMLDivElement>(null);
  const port = ports[at];
  useMark(port ?? null);
  useEffect(() => list.current?.focus({ preventScroll: true }), []);

  function disconnect({ links, name, node }: PortItem): void {
    if (links.length === 0) return;
    const label = t("Disconnect {{port}} of {{id}}", { port: name, id: node });
    act(label, links.map(({ to, port: end }) => ({ type: "disconnect", to, port: end })));
  }

  function onPick(place: number): void {
    onMove(place);
    onChoose();
  }

  function onKey(event: KeyboardEvent): void {
    const keys: Record<string, () => void> = {
      ArrowDown: () => onMove(Math.min(ports.length - 1, at + 1)),
      ArrowUp: () => onMove(Math.max(0, at - 1)),
      Home: () => onMove(0),
      End: () => onMove(ports.length - 1),
      Enter: onChoose,
      Escape: onClose,
      Delete: () => port && disconnect(port),
      Backspace: () => port && disconnect(port),
      ArrowRight: () => {
        const [next] = port ? linkedTo(drawn, port) : [];
        if (next === undefined) return;
        ui.getState().view?.show(next);
        ui.setState({ ports: next });
      },
    };
    const perform = keys[event.key];
    if (!perform) return;
    event.preventDefault();
    event.stopPropagation();
    perform();
  }

  return (
    <>
      <div
        ref={list}
        className={classes["list"]}
        role="listbox"
        tabIndex={0}
        aria-label={t("Ports")}
        aria-activedescendant={`port-${at}`}
        onKeyDown={onKey}
      >
        {ports.map((one, place) => (
          <Option key={`${one.side} ${one.handle}`} id={`port-${place}`} isChosen={place === at} onPick={() => onPick(place)}>
            <span>{one.side === "input" ? t("Input {{name}}", { name: one.name }) : t("Output {{name}}", { name: one.name })}</span>
            <small>{linkedTo(drawn, one).join(", ") || t("not connected")}</small>
          </Option>
        ))}
      </div>
      <Keys
        keys={[
          ["↵", t("connect")],
          ["Del", t("disconnect")],
          ["→", t("go along")],
        ]}
      />
    </>
  );
}

function Partners({ drawn, port, onDone }: { drawn: Drawn; port: PortItem; onDone: () => void }) {
  const { t } = useTranslation();
  const join = useJoin();
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const all = useMemo(() => partnersOf(drawn, port), [drawn, port]);
  const found = all.filter(({ label }) => label.toLowerCase().includes(words.trim().toLowerCase())).slice(0, MOST);
  const partner = found[at];
  useMark(partner ?? port);

  async function connect(chosen: Partner | undefined): Promise<void> {
    if (!chosen) return;
    const { left, top } = document.querySelector(`#partner-${at}`)?.getBoundingClientRect() ?? { left: 40, top: 40 };
    if (await join({ connections: chosen.connections, at: { x: left, y: top } })) onDone();
  }

  function onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt(Math.max(0, Math.min(found.length - 1, at + step)));
    else if (event.key === "Enter") void connect(partner);
    else if (event.key === "Escape") onDone();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <>
      <TextInput
        size="xs"
        autoFocus
        value={words}
        placeholder={t("Find a port")}
        aria-label={t("Find a port")}
        role="combobox"
        aria-expanded
        aria-controls="partners"
        aria-activedescendant={partner ? `partner-${at}` : undefined}
        onChange={(event) => {
          setWords(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <div className={classes["list"]} role="listbox" id="partners" aria-label={t("What it can be connected with")}>
        {found.map((one, place) => (
          <Option key={one.label} id={`partner-${place}`} isChosen={place === at} onPick={() => void connect(one)}>
            <span>{one.label}</span>
            {one.isTaken ? <small>{t("takes the place of another")}</small> : null}
          </Option>
        ))}
        {found.length === 0 ? <p className={classes["none"]}>{t("Nothing fits here")}</p> : null}
      </div>
      <Keys
        keys={[
          ["↵", t("connect")],
          ["Esc", t("back")],
        ]}
      />
    </>
  );
}

function Option({ id, isChosen, onPick, children }: { id: string; isChosen: boolean; onPick: () => void; children: ReactNode }) {
  return (
    <div
      id={id}
      ref={(row) => {
        if (isChosen) row?.scrollIntoView({ block: "nearest" });
      }}
      role="option"
      aria-selected={isChosen}
      tabIndex={-1}
      className={classes["option"]}
      onClick={onPick}
      onKeyDown={(event) => {
        if (event.key === "Enter") onPick();
      }}
    >
      {children}
    </div>
  );
}

function Keys({ keys }: { keys: [key: string, what: string][] }) {
  return (
    <p className={classes["keys"]} aria-hidden>
      {keys.map(([key, what]) => (
        <span key={key}>
          <Kbd size="xs">{key}</Kbd> {what}
        </span>
      ))}
    </p>
  );
}

/** Shows on the canvas which port is meant. */
function useMark(port: PortMark | null): void {
  const ui = useUi();
  const [node, handle] = [port?.node, port?.handle];
  useEffect(() => {
    if (node === undefined || handle === undefined) return;
    ui.setState({ mark: { node, handle } });
    ui.getState().view?.show(node);
  }, [ui, node, handle]);
}

function placeBeside(id: string): CSSProperties {
  const node = document.querySelector(`.react-flow__node[data-id="${id}"]`)?.getBoundingClientRect();
  const [x, y] = node ? [node.right + 14, node.top - 8] : [window.innerWidth / 2 - WIDTH / 2, 140];
  return {
    left: Math.max(8, Math.min(x, window.innerWidth - WIDTH - 8)),
    top: Math.max(8, Math.min(y, window.innerHeight - HEIGHT - 8)),
    width: Math.min(WIDTH, window.innerWidth - 16),
  };
}
