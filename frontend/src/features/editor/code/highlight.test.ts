import { describe, expect, it } from "vitest";

import { highlight } from "./highlight";

describe("highlight", () => {
  it("tells words, texts, numbers and comments apart, and loses nothing", () => {
    const text = 'class A:  # one\n    x = f"fc{y}_" + "a \\" b" * 12\n    """Self."""\n';
    const pieces = highlight(text);
    expect(pieces.map((piece) => piece.text).join("")).toBe(text);
    const of = (kind: string) => pieces.filter((piece) => piece.kind === kind).map((piece) => piece.text);
    expect(of("word")).toEqual(["class"]);
    expect(of("comment")).toEqual(["# one"]);
    expect(of("text")).toEqual(['f"fc{y}_"', '"a \\" b"', '"""Self."""']);
    expect(of("number")).toEqual(["12"]);
  });
});
