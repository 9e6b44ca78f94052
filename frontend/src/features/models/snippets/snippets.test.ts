import { describe, expect, it } from "vitest";

import { quoteShell, toPython } from "./literal";
import { writeSnippets } from "./snippets";

describe("literals", () => {
  it("survive a shell", () => {
    expect(quoteShell(`it's {"a": "$b"}`)).toBe(`'it'\\''s {"a": "$b"}'`);
  });
  it("are Python's", () => {
    expect(toPython({ inputs: [[1, null, true, 'a"b']] })).toBe('{"inputs": [[1, None, True, "a\\"b"]]}');
  });
});

describe("writeSnippets", () => {
  const [curl, python, javascript] = writeSnippets("http://127.0.0.1:8000/api/models/iris/predict", [5.1, 3.5]);
  it("is complete in each language", () => {
    expect(curl?.text).toBe(
      "curl -s 'http://127.0.0.1:8000/api/models/iris/predict' \\\n" +
        "  -H 'content-type: application/json' \\\n" +
        `  -d '{"inputs":[[5.1,3.5]]}'`,
    );
    expect(python?.text).toContain('json.dumps({"inputs": [[5.1, 3.5]]})');
    expect(javascript?.text).toContain('body: JSON.stringify({"inputs":[[5.1,3.5]]})');
  });
});
