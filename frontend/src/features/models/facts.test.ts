import { describe, expect, it } from "vitest";

import { metricName, metricRows } from "./metrics";
import { provenanceRows } from "./provenance";

describe("metrics", () => {
  it("are named for people", () => {
    expect(["val_accuracy", "test_mse", "train_loss"].map(metricName)).toEqual([
      "Validation accuracy",
      "Test MSE",
      "Training loss",
    ]);
    expect(metricRows({ val_loss: "NaN" })).toEqual([["Validation loss", "NaN"]]);
  });
});

describe("provenanceRows", () => {
  it("flattens, shortens digests and leaves out what is not there", () => {
    const provenance = {
      data_sha256: "a".repeat(64),
      settings: { batch_size: 32, optimizer_params: { learning_rate: 0.1 }, scheduler: null },
    };
    expect(provenanceRows(provenance)).toEqual([
      ["Digest of the data", "aaaaaaaaaaaa…"],
      ["Batch size", "32"],
      ["Learning rate", "0.1"],
    ]);
  });
});
