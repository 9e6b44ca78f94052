import type { RunEvent, RunSeries, RunState } from "@/api/types";
import { toNumber } from "@/shared/format";

import { addPoint, type Curve, type CurveSet, cutAfter, emptyCurve, readEnvelope } from "./curves";
import type { StreamStatus } from "./events";

type DataOf<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>["data"];

export interface LogLine {
  seq: number;
  time: string;
  level: string;
  message: string;
}

/** What is known of a run at one moment. A new object each time something changes; the curves inside only grow. */
export interface RunSnapshot {
  /** The last event that is in here. */
  lastSeq: number;
  connection: StreamStatus;
  state: RunState | null;
  reason: string | null;
  progress: DataOf<"progress"> | null;
  plan: DataOf<"plan"> | null;
  model: DataOf<"model"> | null;
  /** The newest look inside. */
  inside: DataOf<"inspect"> | null;
  metrics: Readonly<Record<string, number>>;
  checkpoints: readonly (DataOf<"checkpoint"> & { time: string })[];
  log: readonly LogLine[];
  /** What the network made as it was trained, in order of steps. */
  samples: readonly Frame[];
  curves: CurveSet;
}

export type Frame = DataOf<"samples">;

const LOG_LINES = 2000;
const FRAMES = 400;
const CHECKPOINTS = 200;

const nothing: RunSnapshot = {
  lastSeq: 0,
  connection: "closed",
  state: null,
  reason: null,
  progress: null,
  plan: null,
  model: null,
  inside: null,
  metrics: {},
  checkpoints: [],
  log: [],
  samples: [],
  curves: new Map(),
};

/** Turns the events of a run into what a page shows: its state, its log, its curves. Knows no network. */
export class RunHistory {
  private current: RunSnapshot = nothing;
  private readonly curves = new Map<string, Curve>();
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getSnapshot = (): RunSnapshot => this.current;

  setConnection(connection: StreamStatus): void {
    this.publish({ connection });
  }

  countPoints(): number {
    return [...this.curves.values()].reduce((sum, curve) => sum + curve.step.length, 0);
  }

  /** Events up to `seq` are gone for good; what they said is read elsewhere. */
  skipTo(seq: number): void {
    this.publish({ lastSeq: Math.max(seq, this.current.lastSeq) });
  }

  /** Starts the curves from what the server has kept; live points go on from there. */
  setSeries(reply: RunSeries): void {
    for (const [key, envelope] of Object.entries(reply.series)) {
      const curve = readEnvelope(key, envelope);
      const newest = curve.step.at(-1) ?? -1;
      const known = this.curves.get(key);
      // Points that came over the stream while the answer was on its way.
      known?.step.forEach((step, place) => {
        if (step > newest) addPoint(curve, step, known.value[place] ?? Number.NaN);
      });
      this.curves.set(key, curve);
    }
    this.publish({ curves: new Map(this.curves) });
  }

  /** The frames the server has kept; those that came over the stream meanwhile stay behind them. */
  setSamples(frames: readonly Frame[]): void {
    const samples = [...frames, ...this.current.samples].reduce<readonly Frame[]>(withFrame, []);
    this.publish({ samples });
  }

  apply(events: readonly RunEvent[]): void {
    const change: Partial<RunSnapshot> = {};
    const log: LogLine[] = [];
    for (const event of events) {
      switch (event.type) {
        case "metrics":
          this.addMetrics(event.data, change);
          break;
        case "log":
          log.push({ seq: event.seq, time: event.time, ...event.data });
          break;
        case "state":
          this.changeState(event.data, change);
          break;
        case "checkpoint":
          change.checkpoints = [...(change.checkpoints ?? this.current.checkpoints), { ...event.data, time: event.time }]
            .slice(-CHECKPOINTS);
          break;
        case "progress":
          change.progress = event.data;
          break;
        case "plan":
          change.plan = event.data;
          break;
        case "inspect":
          change.inside = event.data;
          break;
        case "model":
          change.model = event.data;
          break;
        case "samples":
          change.samples = withFrame(change.samples ?? this.current.samples, event.data);
          break;
      }
    }
    change.lastSeq = events.at(-1)?.seq ?? this.current.lastSeq;
    if (log.length > 0) change.log = [...this.current.log, ...log].slice(-LOG_LINES);
    this.publish(change);
  }

  private addMetrics(data: DataOf<"metrics">, change: Partial<RunSnapshot>): void {
    const metrics = { ...(change.metrics ?? this.current.metrics) };
    for (const [key, wire] of Object.entries(data.values)) {
      const value = toNumber(wire);
      let curve = this.curves.get(key);
      if (!curve) {
        curve = emptyCurve(key);
        this.curves.set(key, curve);
      }
      addPoint(curve, data.step, value);
      metrics[key] = value;
    }
    change.metrics = metrics;
    change.curves = new Map(this.curves);
  }

  private changeState(data: DataOf<"state">, change: Partial<RunSnapshot>): void {
    change.state = data.state;
    change.reason = data.reason;
    const from = data.resumed_from_step;
    if (typeof from !== "number") return;
    for (const curve of this.curves.values()) cutAfter(curve, from);
    change.curves = new Map(this.curves);
  }

  private publish(change: Partial<RunSnapshot>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }
}

/** Frames of steps from this one on belong to a training that was superseded by one from a checkpoint. */
function withFrame(frames: readonly Frame[], frame: Frame): readonly Frame[] {
  return [...frames.filter(({ step }) => step < frame.step), frame].slice(-FRAMES);
}
