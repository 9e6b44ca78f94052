import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";

import type { JsonSchema, Params } from "@/api/types";

import { fieldsOf } from "./field";
import { readList } from "./list";
import { readNumber } from "./number";
import { SchemaForm } from "./SchemaForm";

const schema: JsonSchema = {
  $defs: { Kind: { enum: ["max", "avg"], type: "string" } },
  properties: {
    num_hidden: { type: "integer", minimum: 1, title: "Units", description: "How many outputs." },
    kernel: { type: "array", items: { type: "integer" }, minItems: 1, maxItems: 2, default: [3, 3] },
    stride: { anyOf: [{ type: "array", items: { type: "integer" } }, { type: "null" }], default: null },
    pool_type: { $ref: "#/$defs/Kind", default: "max" },
    no_bias: { type: "boolean", default: false },
    p: { type: "number", minimum: 0, maximum: 1, default: 0.5 },
    axis: { anyOf: [{ type: "integer" }, { type: "null" }], default: null },
    name: { type: "string", default: "x" },
  },
  required: ["num_hidden"],
};

function Harness({ start, errors = {} }: { start: Params; errors?: Record<string, string> }) {
  const [value, setValue] = useState<Params>(start);
  return (
    <MantineProvider>
      <SchemaForm
        schema={schema}
        value={value}
        errors={errors}
        onChange={(name, next) =>
          setValue((old) => {
            const { [name]: _gone, ...rest } = old;
            return next === undefined ? rest : { ...rest, [name]: next };
          })
        }
      />
      <output>{JSON.stringify(value)}</output>
      <button onClick={() => setValue({ kernel: [7, 7] })}>undo</button>
    </MantineProvider>
  );
}

const shownValue = (): Params => JSON.parse(screen.getByRole("status").textContent) as Params;

describe("fieldsOf", () => {
  it("reads kinds, ranges, defaults and nullability", () => {
    const fields = Object.fromEntries(fieldsOf(schema).map((field) => [field.name, field]));
    expect(Object.values(fields).map((field) => field.kind)).toEqual([
      "integer",
      "list",
      "list",
      "choice",
      "boolean",
      "number",
      "integer",
      "string",
    ]);
    expect(fields["num_hidden"]).toMatchObject({ required: true, nullable: false, min: 1, title: "Units" });
    expect(fields["stride"]).toMatchObject({ nullable: true, default: null, title: "Stride" });
    expect(fields["pool_type"]?.choices).toEqual(["max", "avg"]);
  });
});

describe("readList", () => {
  const field = { items: "integer", minItems: 1, maxItems: 2 } as const;
  it.each(["3, 5", "3 5", "(3,5)", "[3, 5]", "3x5", "3×5"])("reads %s", (text) => {
    expect(readList(text, field).value).toEqual([3, 5]);
  });
  it("says what is wrong", () => {
    expect(readList("3, a", field).error).toBe("“a” is not a whole number");
    expect(readList("3, 0.5", field).error).toBe("“0.5” is not a whole number");
    expect(readList("1,2,3", field).error).toBe("Wants at most 2 values, got 3");
    expect(readList("", field).error).toBe("Wants at least 1 values, got 0");
  });
});

describe("readNumber", () => {
  it.each([
    ["64", 64],
    [" 1e-3 ", 0.001],
    ["1e9", 1e9],
    ["−1", -1],
    ["0,5", 0.5],
    ["1 000", 1000],
  ])("reads %s", (text, value) => expect(readNumber(text, "number")).toEqual({ value, error: null }));
  it("says what is wrong", () => {
    expect(readNumber("abc", "number").error).toBe("“abc” is not a number");
    expect(readNumber("1e999", "number").error).toBe("“1e999” is not a number");
    expect(readNumber("1.5", "integer").error).toBe("“1.5” is not a whole number");
  });
});

describe("SchemaForm", () => {
  it("takes a number as it is written, and keeps what is none out of the value", async () => {
    const user = userEvent.setup();
    render(<Harness start={{ num_hidden: 64 }} />);
    const rate = screen.getByLabelText<HTMLInputElement>("P");
    await user.clear(rate);
    await user.type(rate, "1e-3");
    expect(shownValue()["p"]).toBe(0.001);
    expect(rate.value).toBe("1e-3");
    await user.keyboard("{ArrowUp}");
    expect(shownValue()["p"]).toBe(0.002);
    const units = screen.getByLabelText(/Units/);
    await user.clear(units);
    await user.type(units, "1.5");
    expect(shownValue()["num_hidden"]).toBe(1);
    expect(screen.getByText("“1.5” is not a whole number")).toBeTruthy();
    await user.clear(units);
    await user.type(units, "abc");
    expect(shownValue()["num_hidden"]).toBeUndefined();
    expect(screen.getByText("“abc” is not a number")).toBeTruthy();
  });

  it("turns typing into values and clearing into defaults", async () => {
    const user = userEvent.setup();
    render(<Harness start={{ num_hidden: 64 }} />);
    const units = screen.getByLabelText(/Units/);
    await user.clear(units);
    expect(shownValue()).toEqual({});
    await user.type(units, "128");
    expect(shownValue()).toEqual({ num_hidden: 128 });
    await user.click(screen.getByLabelText("No bias"));
    expect(shownValue()).toEqual({ num_hidden: 128, no_bias: true });
  });

  it("keeps a half-typed list in the field and out of the value", async () => {
    const user = userEvent.setup();
    render(<Harness start={{}} />);
    const kernel = screen.getByLabelText("Kernel");
    await user.clear(kernel);
    await user.type(kernel, "5, 5a");
    expect(shownValue()["kernel"]).toEqual([5, 5]);
    expect(screen.getByText("“5a” is not a whole number")).toBeTruthy();
    await user.click(screen.getByText("undo"));
    expect((kernel as HTMLInputElement).value).toBe("7, 7");
  });

  it("shows an error under its field", () => {
    render(<Harness start={{}} errors={{ p: "wants 0 to 1" }} />);
    const input = screen.getByLabelText("P");
    expect(input.getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByText("wants 0 to 1")).toBeTruthy();
  });
});
