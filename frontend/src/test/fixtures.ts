import type {
  CheckReport,
  Graph,
  GraphNode,
  NodeGroup,
  OperatorInfo,
  OperatorInput,
  Palette,
  Params,
  Project,
} from "@/api/types";

/** A node; its data input may be given as a bare name. */
export function node(id: string, op: string, inputs: string | Record<string, string> = {}, params: Params = {}): GraphNode {
  return { id, op, params, inputs: typeof inputs === "string" ? { data: inputs } : inputs };
}

export function graphOf(nodes: GraphNode[], outputs: string[] = []): Graph {
  const layout = Object.fromEntries(nodes.map(({ id }, at): [string, [number, number]] => [id, [0, at * 100]]));
  return { format: "netwright-graph", version: 1, name: "Test", nodes, outputs, layout, groups: [] };
}

export function groupOf(id: string, members: string[], more: Partial<NodeGroup> = {}): NodeGroup {
  return { id, title: "", members, repeat: 1, carry: null, exposed: [], collapsed: true, ...more };
}

/** data → fc1 → act1 → fc2 → softmax */
export function perceptron(): Graph {
  return graphOf(
    [
      node("data", "Input", {}, { shape: [64] }),
      node("fc1", "FullyConnected", "data", { num_hidden: 32 }),
      node("act1", "Activation", "fc1", { act_type: "relu" }),
      node("fc2", "FullyConnected", "act1", { num_hidden: 10 }),
      node("softmax", "SoftmaxOutput", "fc2"),
    ],
    ["softmax"],
  );
}

/** A chain of `length` activations behind an input. */
export function chain(length: number): Graph {
  const nodes = [node("n0", "Input")];
  for (let at = 1; at < length; at += 1) nodes.push(node(`n${at}`, "Activation", `n${at - 1}`));
  return graphOf(nodes, [`n${length - 1}`]);
}

const input = (name: string, kind: OperatorInput["kind"] = "data", optional = false): OperatorInput => ({
  name,
  kind,
  optional,
  doc: `The ${name}.`,
});

function operator(name: string, category: string, inputs: OperatorInput[], more: Partial<OperatorInfo> = {}): OperatorInfo {
  return {
    name,
    title: name,
    category,
    summary: `${name} in one line.`,
    doc: "",
    inputs,
    variadic: false,
    outputs: ["output"],
    params_schema: { type: "object", properties: {} },
    start: {},
    is_loss: false,
    in_palette: true,
    ...more,
  };
}

export const palette: Palette = {
  categories: [
    { name: "input", title: "Input" },
    { name: "dense", title: "Dense" },
    { name: "activation", title: "Activation" },
    { name: "shape", title: "Shape" },
    { name: "loss", title: "Loss" },
  ],
  operators: [
    operator("Input", "input", [], {
      params_schema: { properties: { shape: { type: "array", items: { type: "integer" }, title: "Shape" } } },
    }),
    operator("FullyConnected", "dense", [input("data"), input("weight", "weight"), input("bias", "weight", true)], {
      title: "Fully connected",
      params_schema: {
        properties: {
          num_hidden: { type: "integer", minimum: 1, title: "Units" },
          no_bias: { type: "boolean", default: false, title: "No bias" },
        },
        required: ["num_hidden"],
      },
      start: { num_hidden: 64 },
    }),
    operator("Activation", "activation", [input("data")], {
      params_schema: {
        properties: { act_type: { enum: ["relu", "sigmoid", "tanh"], default: "relu", title: "Kind" } },
      },
    }),
    operator("BatchNorm", "dense", [input("data"), input("gamma", "weight"), input("moving_mean", "state")]),
    operator("Concat", "shape", [input("args")], { variadic: true }),
    operator("split", "shape", [input("data")], { outputs: ["first", "second"] }),
    operator("SoftmaxOutput", "loss", [input("data"), input("label", "label", true)], { is_loss: true }),
  ],
};

export const operators: ReadonlyMap<string, OperatorInfo> = new Map(palette.operators.map((one) => [one.name, one]));

export function report(more: Partial<CheckReport> = {}): CheckReport {
  return {
    ok: true,
    nodes: {},
    groups: {},
    totals: { parameters: 0, flops: 0, activation_bytes: 0, weight_bytes: 0 },
    problems: [],
    ...more,
  };
}

export function project(more: Partial<Project> = {}): Project {
  return {
    id: "p1",
    name: "Test",
    graph: perceptron(),
    dataset: "digits",
    settings: {
      optimizer: "adam",
      optimizer_params: { learning_rate: 0.001 },
      scheduler: null,
      initializer: "xavier",
      batch_size: 32,
      epochs: 5,
      seed: 0,
      device: "auto",
      validation_split: 0.1,
      checkpoint_every_seconds: 30,
      look_inside: 0.02,
      task: null,
    },
    revision: 1,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    ...more,
  };
}
