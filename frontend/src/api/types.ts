/** The shapes that travel between page and server: the one place features import them from. */

/** A number as it travels: JSON has no NaN or Infinity, so these come as words. Read it with `toNumber`. */
export type WireNumber = number | "NaN" | "Infinity" | "-Infinity";

export interface Page<T> {
  items: T[];
  total: number;
}

export interface ErrorBody {
  code: string;
  message: string;
  where?: string | null;
  wanted?: unknown;
  got?: unknown;
  remedy?: string | null;
  details?: unknown[];
}

// --- graph ---------------------------------------------------------------------------------------

export type ParamValue = string | number | boolean | null | ParamValue[] | { [key: string]: ParamValue };
export type Params = Record<string, ParamValue>;
export type Position = [number, number];

export interface GraphNode {
  id: string;
  op: string;
  params: Params;
  /** port → "node" or "node:output" */
  inputs: Record<string, string>;
}

export interface Graph {
  format: "netwright-graph";
  version: 1;
  name?: string;
  nodes: GraphNode[];
  outputs: string[];
  layout: Record<string, Position>;
  groups: unknown[];
}

export type Edit =
  | { type: "set-params"; id: string; params: Params }
  | { type: "add-node"; node: GraphNode; position: Position | null }
  | { type: "remove-node"; id: string }
  | { type: "connect"; from: string; to: string; port: string }
  | { type: "disconnect"; to: string; port: string }
  | { type: "set-outputs"; outputs: string[] };

export interface Fix {
  label: string;
  edits: Edit[];
}

export interface Problem {
  severity: "error" | "warning";
  code: string;
  node: string | null;
  port: string | null;
  parameter: string | null;
  message: string;
  wanted: string | null;
  got: string | null;
  remedy: string | null;
  fix: Fix | null;
}

/** Null where it could not be derived. */
export interface TensorFacts {
  shape: number[] | null;
  dtype: string | null;
}

export interface NodeReport {
  op: string;
  inputs: Record<string, TensorFacts>;
  outputs: (TensorFacts & { name: string })[];
  weights: { name: string; shape: number[] | null }[];
  states: { name: string; shape: number[] | null }[];
  parameters: number;
  flops: number;
  bytes: number;
}

export interface CheckReport {
  ok: boolean;
  nodes: Record<string, NodeReport>;
  totals: { parameters: number; flops: number; activation_bytes: number; weight_bytes: number };
  problems: Problem[];
}

export interface PlanReport {
  text: string;
  [key: string]: unknown;
}

// --- palette -------------------------------------------------------------------------------------

export type PortKind = "data" | "weight" | "state" | "label";

/** The part of JSON Schema that parameters use. */
export interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: ParamValue;
  enum?: ParamValue[];
  const?: ParamValue;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  anyOf?: JsonSchema[];
  allOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  properties?: Record<string, JsonSchema>;
  required?: string[];
}

export interface OperatorInput {
  name: string;
  kind: PortKind;
  optional: boolean;
  doc: string;
}

export interface OperatorInfo {
  name: string;
  title: string;
  category: string;
  summary: string;
  doc: string;
  inputs: OperatorInput[];
  variadic: boolean;
  outputs: string[];
  params_schema: JsonSchema;
  is_loss: boolean;
  in_palette: boolean;
}

export interface Category {
  name: string;
  title: string;
}

export interface Palette {
  operators: OperatorInfo[];
  categories: Category[];
}

export interface TrainingChoice {
  name: string;
  title: string;
  summary: string;
  params_schema: JsonSchema;
}

export interface TrainingChoices {
  optimizers: TrainingChoice[];
  schedulers: TrainingChoice[];
  initializers: TrainingChoice[];
}

// --- projects, templates -------------------------------------------------------------------------

export interface TrainSettings {
  optimizer: string;
  optimizer_params: Params;
  scheduler: { name: string; params: Params } | null;
  initializer: string;
  batch_size: number;
  epochs: number;
  seed: number;
  device: string;
  validation_split: number;
  checkpoint_every_seconds: number;
}

export interface Template {
  id: string;
  title: string;
  summary: string;
  task: string;
  dataset: string;
  fallback_dataset?: string | null;
  expected: string;
  settings: TrainSettings;
  graph: Graph;
}

export interface Project {
  id: string;
  name: string;
  graph: Graph;
  dataset: string | null;
  settings: TrainSettings;
  revision: number;
  created_at: string;
  updated_at: string;
}

// --- data sets -----------------------------------------------------------------------------------

export type Split = "train" | "test";

/** One raw column of a table: a number, or one of a few words. */
export interface DatasetField {
  name: string;
  kind: "number" | "category";
  categories: string[];
  /** Stands in for a missing number; null when none may be missing. */
  fill: number | null;
}

/** What goes into a network; `low` and `high` bound the raw values of an image. */
export interface DatasetInput {
  kind: "table" | "image";
  shape: number[];
  dtype: string;
  columns: string[] | null;
  fields: DatasetField[] | null;
  low: number;
  high: number;
}

export interface DatasetLabel {
  kind: "class" | "value" | "none";
  classes: string[] | null;
  name: string | null;
}

/** A class name, a value, or nothing; NaN comes as a word here too. */
export type Label = string | number | null;
export type Cell = string | number | null;

export interface Dataset {
  id: string;
  name: string;
  title: string;
  summary: string;
  task: string;
  origin: "built_in" | "upload";
  available: boolean;
  why: string | null;
  samples: { train: number; test: number };
  input: DatasetInput;
  label: DatasetLabel;
  bytes: number;
  source: string;
  licence: string;
}

export interface ColumnStats {
  name: string;
  min: WireNumber;
  max: WireNumber;
  mean: WireNumber;
  std: WireNumber;
  missing: number;
}

export interface DatasetPreview {
  columns?: string[];
  rows?: Cell[][];
  labels?: Label[];
  images?: { index: number; label: Label; png: string }[];
  class_counts?: Record<string, number> | null;
  column_stats?: ColumnStats[] | null;
  /** Samples in this split. */
  total: number;
}

export type Nested = Cell | Nested[];

export interface DatasetSample {
  input: Nested;
  label: Label;
  png?: string | null;
}

// --- runs ----------------------------------------------------------------------------------------

export type RunState =
  | "queued"
  | "starting"
  | "running"
  | "paused"
  | "stopping"
  | "completed"
  | "stopped"
  | "failed"
  | "interrupted";

export interface Run {
  id: string;
  name: string;
  number: number;
  project: string | null;
  state: RunState;
  state_reason: string | null;
  resumable: boolean;
  graph: Graph;
  dataset: string;
  settings: TrainSettings;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  epoch: number;
  epochs: number;
  step: number;
  steps_total: number | null;
  metrics: Record<string, WireNumber>;
  /** The best value so far of the metric that decides. */
  best: { metric: string; value: WireNumber; step: number; epoch: number } | null;
  samples_per_second: WireNumber | null;
  seconds_left: WireNumber | null;
  device: string | null;
  device_reason: string | null;
  model: { name: string; version: number } | null;
  last_event: number;
}

interface EventBase<Type extends string, Data> {
  seq: number;
  time: string;
  type: Type;
  data: Data;
}

export type RunEvent =
  | EventBase<"state", { state: RunState; reason: string | null; resumed_from_step?: number | null }>
  | EventBase<"metrics", { step: number; epoch: number; values: Record<string, WireNumber> }>
  | EventBase<
      "progress",
      {
        step: number;
        steps_total: number | null;
        epoch: number;
        epochs: number;
        samples_per_second: WireNumber | null;
        seconds_left: WireNumber | null;
        memory_bytes: number | null;
      }
    >
  | EventBase<"log", { level: string; message: string }>
  | EventBase<"checkpoint", { step: number; epoch: number; bytes: number }>
  | EventBase<"plan", { text: string; device: string; reason: string | null }>
  | EventBase<"model", { name: string; version: number }>;

export type RunFrame =
  | { type: "events"; events: RunEvent[] }
  | { type: "gap"; from: number; to: number }
  | { type: "heartbeat"; last: number }
  | { type: "end" };

export interface RunEventsPage {
  events: RunEvent[];
  next: number;
  gap: [number, number] | null;
}

export interface SeriesEnvelope {
  step: number[];
  min: WireNumber[];
  max: WireNumber[];
  last: WireNumber[];
  count: number;
}

export interface RunSeries {
  series: Record<string, SeriesEnvelope>;
}

// --- models --------------------------------------------------------------------------------------

export interface ModelVersion {
  version: number;
  run: string | null;
  created_at: string;
  metrics: Record<string, WireNumber>;
  graph: Graph;
  input: Dataset["input"];
  label: Dataset["label"];
  dataset: string | null;
  parameters: number;
  bytes: number;
  /** A raw input that `predict` takes. */
  sample: Nested;
  provenance: Record<string, unknown>;
}

export interface Model {
  name: string;
  versions: ModelVersion[];
}

export type RawInput = Nested | { png: string } | Record<string, Cell>;

export interface Prediction {
  label?: string;
  index?: number;
  probabilities?: { label: string; p: WireNumber }[];
  value?: WireNumber;
  output?: Nested;
  /** The output as an image, where it is one. */
  png?: string;
}

export interface PredictReply {
  predictions: Prediction[];
  model: string;
  version: number;
  ms: number;
}

// --- system --------------------------------------------------------------------------------------

export interface DeviceInfo {
  name: string;
  kind: string;
  available: boolean;
  why: string | null;
}

export interface SystemInfo {
  version: string;
  device: string;
  devices: DeviceInfo[];
  cpu_count: number;
  memory_bytes: number;
  memory_free_bytes: number;
  data_folder: string;
}
