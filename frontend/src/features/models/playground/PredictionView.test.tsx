import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import type { PredictReply, Prediction } from "@/api/types";
import { renderPage } from "@/test/render";

import { PredictionView } from "./PredictionView";

const replyOf = (prediction: Prediction): PredictReply => ({ predictions: [prediction], model: "m", version: 2, ms: 0.512 });
const classes = (count: number): Prediction => ({
  label: "c1",
  index: 1,
  probabilities: Array.from({ length: count }, (_, place) => ({ label: `c${place}`, p: place === 1 ? 0.9 : 0.1 / (count - 1) })),
});

describe("PredictionView", () => {
  it("shows every class in order and whether the label agrees", () => {
    renderPage(<PredictionView reply={replyOf(classes(3))} truth="c1" valueName="" />);
    const rows = screen.getAllByRole("listitem").map((row) => row.textContent);
    expect(rows).toEqual(["c05.0 %", "c190.0 %", "c25.0 %"]);
    expect(screen.getByText("as labelled")).toBeTruthy();
  });

  it("shows the likeliest of many classes, best first", () => {
    renderPage(<PredictionView reply={replyOf(classes(40))} truth="c9" valueName="" />);
    const rows = screen.getAllByRole("listitem");
    expect(rows).toHaveLength(8);
    expect(rows[0]?.textContent).toBe("c190.0 %");
    expect(screen.getByText("labelled c9")).toBeTruthy();
  });

  it("shows a value and how far off it is", () => {
    renderPage(<PredictionView reply={replyOf({ value: 151.5 })} truth={150} valueName="progression" />);
    expect(screen.getByText("151.5")).toBeTruthy();
    expect(screen.getByText("really 150, off by 1.5")).toBeTruthy();
  });

  it("shows an output as it is, a picture where it is one", () => {
    renderPage(<PredictionView reply={replyOf({ output: [[1, "NaN"]] })} truth={undefined} valueName="" />);
    expect(screen.getByText(/1, NaN/)).toBeTruthy();
    renderPage(<PredictionView reply={replyOf({ output: [[1]], png: "data:image/png;base64,AA" })} truth={undefined} valueName="" />);
    expect(screen.getByRole("img", { name: "Output of the network" })).toBeTruthy();
  });
});
