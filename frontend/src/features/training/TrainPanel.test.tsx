import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { CheckReport, Problem, TrainSettings } from "@/api/types";
import { fakeServer, Refusal, renderPage } from "@/test/render";

import { carryOver } from "./ChoiceFields";
import TrainPanel, { type TrainPanelProps } from "./TrainPanel";

const settings: TrainSettings = {
  optimizer: "adam",
  optimizer_params: { learning_rate: 0.001 },
  scheduler: null,
  initializer: "xavier",
  batch_size: 64,
  epochs: 5,
  seed: 0,
  device: "auto",
  validation_split: 0.1,
  checkpoint_every_seconds: 30,
  look_inside: 0.02,
      task: null,
};
const problem: Problem = {
  severity: "error",
  code: "shape_mismatch",
  node: "fc1",
  port: "data",
  parameter: null,
  message: "fc1 cannot take this",
  wanted: "784 features",
  got: "720",
  remedy: "Insert Flatten",
  fix: null,
};
const choice = (name: string, properties: object) => ({
  name,
  title: name.toUpperCase(),
  summary: "s",
  params_schema: { properties },
});
const rate = { learning_rate: { type: "number", default: 0.01, title: "Learning rate" } };
const digits = {
  id: "digits",
  name: "digits",
  title: "Digits",
  summary: "",
  task: "classification",
  origin: "built_in",
  available: true,
  why: null,
  samples: { train: 1438, test: 359 },
  input: { kind: "image", shape: [1, 8, 8] },
  label: { kind: "class", classes: ["0", "1"] },
};
const answers = {
  "GET api/datasets": () => ({ items: [digits], total: 1 }),
  "GET api/system": () => ({ device: "cpu(0)", devices: [{ name: "gpu(0)", kind: "gpu", available: false, why: "no CuPy" }] }),
  "GET api/runs": () => ({ items: [], total: 0 }),
  "GET api/operators": () => ({ operators: [], categories: [] }),
  "GET api/optimizers": () => ({
    optimizers: [
      choice("adam", { ...rate, beta1: { type: "number", default: 0.9 } }),
      choice("sgd", { ...rate, momentum: { type: "number", default: 0 } }),
    ],
    schedulers: [choice("cosine", { max_update: { type: "integer" } })],
    initializers: [choice("xavier", {})],
  }),
};

function show(change: Partial<TrainPanelProps> = {}) {
  const props: TrainPanelProps = {
    projectId: "p1",
    dataset: "digits",
    nodes: [],
    settings,
    report: null,
    onChange: vi.fn(),
    saveNow: vi.fn(() => Promise.resolve()),
    renderRun: (run) => <p>running {run.id}</p>,
    onShowNode: vi.fn(),
    ...change,
  };
  renderPage(<TrainPanel {...props} />);
  return props;
}

describe("TrainPanel", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("saves what is drawn, starts a run and shows it", async () => {
    const run = { id: "r9", number: 1, name: "Run 1", project: "p1", state: "queued" };
    const others = { ...run, id: "r8", project: "p2" };
    let items = [others];
    const calls = fakeServer({
      ...answers,
      "GET api/runs": () => ({ items, total: items.length }),
      "GET api/runs/r9": () => run,
      "POST api/runs": () => {
        items = [run, others];
        return run;
      },
    });
    const props = show();
    await userEvent.click(screen.getByRole("button", { name: "Train" }));
    expect(await screen.findByText("running r9")).toBeTruthy();
    expect(props.saveNow).toHaveBeenCalledOnce();
    expect(calls.find((call) => call.method === "POST")?.body).toEqual({ project: "p1", paused: false, settings });
  });

  it("tells a refusal with a way to the node", async () => {
    const error = { code: "invalid_graph", message: "The network cannot be trained.", details: [problem] };
    fakeServer({ ...answers, "POST api/runs": () => new Refusal(422, error) });
    const props = show();
    await userEvent.click(screen.getByRole("button", { name: "Train" }));
    expect(await screen.findByText("Wanted: 784 features")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Show fc1" }));
    expect(props.onShowNode).toHaveBeenCalledWith("fc1");
  });

  it("does not start what is known to be wrong, and says why", () => {
    fakeServer(answers);
    const report = { ok: false, nodes: {}, totals: {}, problems: [problem] } as unknown as CheckReport;
    show({ report });
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Train" }).disabled).toBe(true);
    expect(screen.getByText("The network has problems.")).toBeTruthy();
  });

  it("wants a data set", () => {
    fakeServer(answers);
    show({ dataset: null });
    expect(screen.getByText("Choose a data set first.")).toBeTruthy();
  });

  it("keeps changes with the project", async () => {
    fakeServer(answers);
    const props = show();
    const epochs = screen.getByLabelText("Epochs");
    await userEvent.type(epochs, "0");
    expect(props.onChange).toHaveBeenLastCalledWith({ settings: { ...settings, epochs: 50 } });
    await userEvent.click(await screen.findByRole("combobox", { name: "Optimizer" }));
    await userEvent.click(await screen.findByRole("option", { name: "SGD" }));
    await waitFor(() =>
      expect(props.onChange).toHaveBeenLastCalledWith({
        settings: { ...settings, optimizer: "sgd", optimizer_params: {} },
      }),
    );
  });
});

describe("carryOver", () => {
  it("keeps what both know, but not the learning rate", () => {
    const next = { name: "sgd", title: "SGD", summary: "", params_schema: { properties: { ...rate, wd: { type: "number" } } } };
    expect(carryOver(next, { learning_rate: 0.001, wd: 0.1, beta1: 0.9 })).toEqual({ wd: 0.1 });
  });
});
