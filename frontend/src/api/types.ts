/**
 * The shapes that travel between page and server: the one place features import them from.
 *
 * They come from the server's own description (`make generate`). Two things are sharpened here, because JSON Schema
 * does not say them: what has a default may be left out of a request but is always in an answer, and what the service
 * passes through unread (parameters, samples) has a shape all the same.
 */
import type { components } from "./generated";

type Schemas = components["schemas"];
type Replace<T, R> = Omit<T, keyof R> & R;

/** For answers that leave out what is null. */
type NullLeftOut<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as null extends T[K] ? K : never]?: NonNullable<T[K]>;
};

/** A number as it travels: JSON has no NaN or Infinity, so these come as words. Read it with `toNumber`. */
export type WireNumber = Schemas["Best"]["value"];

export interface Page<T> {
  items: T[];
  total: number;
}

export type ErrorBody = Pick<Schemas["ErrorInfo"], "code" | "message"> & Partial<Schemas["ErrorInfo"]>;

// --- graph ---------------------------------------------------------------------------------------

export type ParamValue = string | number | boolean | null | ParamValue[] | { [key: string]: ParamValue };
export type Params = Record<string, ParamValue>;
export type Position = [number, number];

/** `inputs`: port → "node" or "node:output". */
export type GraphNode = Replace<Required<Schemas["Node"]>, { params: Params }>;
export type NodeGroup = Required<Schemas["NodeGroup"]> & { exposed: Required<Schemas["Exposed"]>[] };
export type Graph = Replace<Required<Schemas["Graph"]>, { nodes: GraphNode[]; groups: NodeGroup[]; name?: string }>;

export type Edit =
  | Replace<Schemas["SetParams"], { params: Params }>
  | Replace<Schemas["AddNode"], { node: GraphNode }>
  | Schemas["RemoveNode"]
  | Schemas["Connect"]
  | Schemas["Disconnect"]
  | Schemas["SetOutputs"];

export type Fix = Replace<Schemas["Fix"], { edits: Edit[] }>;
export type Problem = Replace<Schemas["Problem"], { fix: Fix | null }>;
export type TensorFacts = Schemas["TensorInfo"];
export type NodeReport = Schemas["NodeReport"];
export type CheckReport = Replace<Schemas["CheckReport"], { problems: Problem[] }>;
/** Whether connections can work; each mend holds all the edits it takes. */
export type Judgement = Replace<Schemas["Judgement"], { problem: Problem | null; mends: Fix[] }>;
export type ReceptiveField = Schemas["ReceptiveField"];
export type PlanReport = Schemas["Plan"];
export type Code = Schemas["Code"];
export type ImportedGraph = Omit<Schemas["Imported"], "graph" | "settings"> & { graph: Graph; settings: TrainSettings | null };
export type ImportNote = Schemas["ImportNote"];
export type ArchiveParts = Schemas["ArchiveParts"];
export type ArchiveRun = Schemas["PartRun"];
export type OpenedProject = Schemas["Opened"];
export type PlanStep = Schemas["PlanStep"];
export type PlanTensor = Schemas["PlanTensor"];
export type PlanPass = Schemas["PlanPass"];
export type StepView = Schemas["StepView"];
export type StrategyView = Schemas["StrategyView"];
export type StrategyName = Schemas["XrayRequest"]["strategy"];
export type XrayReport = Schemas["Xray"];
export type Measured = Schemas["Measured"];

// --- palette -------------------------------------------------------------------------------------

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

interface WithForm {
  params_schema: JsonSchema;
}

export type OperatorInput = Schemas["Port"];
export type PortKind = OperatorInput["kind"];
export type OperatorInfo = Replace<Schemas["OperatorInfo"], WithForm & { start: Params }>;
export type Category = Schemas["Category"];
export type Palette = Replace<Schemas["Palette"], { operators: OperatorInfo[] }>;
export type TrainingChoice = Replace<Schemas["ChoiceInfo"], WithForm>;
export type TrainingChoices = Record<keyof Schemas["OptimizerList"], TrainingChoice[]>;

// --- projects, templates -------------------------------------------------------------------------

export type TaskChoice = Required<Schemas["TaskChoice"]>;
export type TrainSettings = Replace<
  Required<Schemas["TrainSettings"]>,
  { optimizer_params: Params; scheduler: { name: string; params: Params } | null; task: TaskChoice | null }
>;

interface WithGraph {
  graph: Graph;
  settings: TrainSettings;
}

export type Template = Replace<Schemas["Template"], WithGraph>;
export type Project = Replace<Schemas["Project"], WithGraph>;
export type ProjectVersion = Schemas["ProjectVersion"];

// --- data sets -----------------------------------------------------------------------------------

export type Split = "train" | "test";
export type DatasetField = Schemas["DatasetField"];
export type DatasetInput = Schemas["DatasetInput"];
export type DatasetLabel = Schemas["DatasetLabel"];
export type ColumnChoice = Required<Schemas["ColumnChoice"]>;
export type Dialect = Required<Schemas["Dialect"]>;
export type SplitChoice = Required<Schemas["SplitChoice"]>;
export type Augment = Required<Schemas["Augment"]>;
export type ImageChoice = Required<Schemas["ImageChoice"]>;
export type Recipe = Replace<
  Required<Schemas["Recipe"]>,
  { columns: ColumnChoice[]; dialect: Dialect; split: SplitChoice; augment: Augment; image: ImageChoice | null }
>;
export type DataStep = Schemas["Step"];
export type Finding = Schemas["Finding"];
export type Dataset = Replace<Schemas["Dataset"], { recipe: Recipe | null }>;
export type Upload = Schemas["UploadPublic"];
export type ColumnProfile = Required<Schemas["ColumnProfile"]>;
export type TableSurvey = Replace<Required<Schemas["TableSurvey"]>, { columns: ColumnProfile[] }>;
export type Survey = Replace<Schemas["Survey"], { recipe: Recipe; table: TableSurvey | null }>;
export type ColumnView = Schemas["ColumnView"];
export type ColumnBin = Schemas["ColumnBin"];
export type DatasetColumns = Schemas["DatasetColumns"];
export type DatasetReport = Schemas["DatasetReport"];
export type PreviewImage = Schemas["PreviewImage"];
export type ColumnStats = Schemas["ColumnStats"];
export type DatasetPreview = NullLeftOut<Schemas["DatasetPreview"]>;

/** A class name, a value, or nothing; NaN comes as a word here too. */
export type Label = Schemas["DatasetSample"]["label"];
export type Cell = string | number | null;
export type Nested = Cell | Nested[];
export type DatasetSample = Replace<Schemas["DatasetSample"], { input: Nested }>;

// --- runs ----------------------------------------------------------------------------------------

export type RunState = Schemas["RunState"];
/** A run in a list: without its network. */
export type RunSummary = Replace<Schemas["RunSummary"], { settings: TrainSettings }>;
export type Run = Replace<Schemas["Run"], WithGraph>;
export type TrialRef = Schemas["TrialRef"];
export type RunChange = Schemas["ChangeData"];
export type RunAdvice = Schemas["AdviceData"];
export type RunCheckpoint = Schemas["Checkpoint"];
export type RunOrigin = Schemas["Origin"];
export type RunRelative = Schemas["Relative"];
export type RunFrame = Schemas["EventStream"]["frame"];
export type RunEvent = Schemas["EventsFrame"]["events"][number];
export type RunEventsPage = Schemas["EventPage"];
export type SeriesEnvelope = Schemas["Series"];
export type RunSeries = Schemas["SeriesReply"];
export type RunSamples = Schemas["SamplesData"];

// --- sweeps --------------------------------------------------------------------------------------

export type SweepState = Schemas["SweepBrief"]["state"];
export type TrialState = Schemas["TrialState"];
export type TrialValues = Record<string, ParamValue>;
interface Placed {
  path: string;
  also?: string[];
}
export type ChoiceRange = Placed & { kind: "choice"; values: ParamValue[] };
export type NumberRange = Placed & { kind: "integer" | "float"; low: number; high: number; log?: boolean; points?: number };
/** What a parameter may be in a sweep. */
export type SweepParameter = ChoiceRange | NumberRange;
export type SweepMethod =
  | { kind: "grid" }
  | { kind: "random"; trials: number }
  | { kind: "halving"; trials: number; first: number; keep: number; asynchronous: boolean };
export type Knob = Replace<Schemas["Knob"], { rule: JsonSchema; value: ParamValue; proposal: SweepParameter }>;
export type KnobList = Replace<Schemas["KnobList"], { knobs: Knob[] }>;
export type SweepPreview = Replace<
  Schemas["Preview"],
  { examples: TrialValues[]; refused: { number: number; values: TrialValues; problem: Schemas["Impossible"] }[] }
>;
export type SweepBrief = Replace<Schemas["SweepBrief"], { counts: Partial<Record<TrialState, number>> }>;
export type Sweep = Replace<
  Schemas["Sweep"],
  WithGraph & { counts: Partial<Record<TrialState, number>>; parameters: SweepParameter[]; method: SweepMethod }
>;
export type SweepTrial = Replace<Schemas["SweepTrial"], { values: TrialValues; scores: Record<string, WireNumber> }>;
export type ParameterShare = Schemas["ParameterShare"];

// --- models --------------------------------------------------------------------------------------

/** `sample` is a raw input that `predict` takes. */
export type ModelVersion = Replace<Schemas["ModelVersion"], { graph: Graph; sample: Nested }>;
export type Model = Replace<Schemas["TrainedModel"], { versions: ModelVersion[] }>;
export type RawInput = Nested | { png: string } | Record<string, Cell>;
export type Prediction = Replace<NullLeftOut<Schemas["Prediction"]>, { output?: Nested }>;
export type PredictReply = Replace<Schemas["PredictReply"], { predictions: Prediction[] }>;

export type GenerateReply = Replace<Schemas["GenerateReply"], { samples: GeneratedSample[] }>;
export type GeneratedSample = Replace<NullLeftOut<Schemas["GeneratedSample"]>, { output: Nested; latent: number[] }>;
export type ContinueReply = Schemas["ContinueReply"];

// --- looking inside ------------------------------------------------------------------------------

export type Picture = Schemas["Picture"];
export type Histogram = Schemas["Histogram"];
export type NodeView = Schemas["NodeView"];
export type WeightView = Schemas["WeightView"];
export type Snapshot = Schemas["Snapshot"];
export type Inside = Schemas["InsideReply"];
export type WeightCurve = Schemas["WeightCurve"];
export type Plane = Schemas["PlaneInfo"];
export type Boundary = Schemas["Boundary"];
export type HistogramHistory = Schemas["HistogramHistory"];
export type HistoryKind = HistogramHistory["kind"];
export type ProbeReply = Schemas["ProbeReply"];
export type SaliencyMethod = Schemas["SaliencyMap"]["method"];
export type SaliencyMap = Schemas["SaliencyMap"];
export type Saliency = Schemas["SaliencyReply"];
export type Decisions = Schemas["DecisionReply"];
export type Evaluation = Schemas["EvaluationReply"];
export type EvaluationPart = Evaluation["part"];
export type ClassesQuality = Schemas["ClassesQuality"];
export type ValuesQuality = Schemas["ValuesQuality"];
export type EvaluatedSample = Schemas["EvaluatedSample"];
export type EvaluatedSamples = Schemas["EvaluatedSamples"];
export type Latent = Schemas["LatentReply"];
export type Generated = Schemas["GeneratedReply"];

// --- keys and links ----------------------------------------------------------------------------

export type ApiKey = Schemas["Key"];
export type NewApiKey = Schemas["NewKey"];
export type KeyScope = ApiKey["scope"];
export type Share = Schemas["Share"];
export type NewShare = Schemas["NewShare"];
export type SharedKind = Share["kind"];
export type Shared = Replace<
  Schemas["Shared"],
  { run: Run | null; model: ModelVersion | null; project: Project | null; report: CheckReport | null }
>;

// --- system --------------------------------------------------------------------------------------

export type DeviceInfo = Schemas["DeviceInfo"];
export type SystemInfo = Schemas["SystemInfo"];
