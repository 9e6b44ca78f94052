import { render } from "@testing-library/react";
import { expect, it } from "vitest";

import { OperatorDoc, paragraphs } from "./OperatorDoc";

it("joins broken lines and keeps paragraphs apart", () => {
  expect(paragraphs("One line\n  and more.\n\nAnother.\n")).toEqual(["One line and more.", "Another."]);
});

it("shows what stands in backticks as code", () => {
  const { container } = render(<OperatorDoc doc="Where ``flatten`` is `False`, all stays." />);
  expect([...container.querySelectorAll("code")].map((one) => one.textContent)).toEqual(["flatten", "False"]);
  expect(container.textContent).toBe("Where flatten is False, all stays.");
});
