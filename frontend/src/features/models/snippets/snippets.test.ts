import { describe, expect, it } from "vitest";

import type { ModelVersion } from "@/api/types";

import { quoteShell, toPython } from "./literal";
import { type Asking, askingsOf, writeSnippets } from "./snippets";

describe("literals", () => {
  it("survive a shell", () => {
    expect(quoteShell(`it's {"a": "$b"}`)).toBe(`'it'\\''s {"a": "$b"}'`);
  });
  it("are Python's", () => {
    expect(toPython({ inputs: [[1, null, true, 'a"b']] })).toBe('{"inputs": [[1, None, True, "a\\"b"]]}');
  });
});

const url = "http://127.0.0.1:8000/api/models/iris/predict";
const predict: Asking = { verb: "predict", body: { inputs: [[5.1, 3.5]] }, shown: '["predictions"][0]', image: false };

describe("writeSnippets", () => {
  it("is complete in each language", () => {
    const [curl, python, javascript] = writeSnippets(url, predict, false);
    expect(curl?.text).toBe(`curl -s '${url}' \\\n  -H 'content-type: application/json' \\\n  -d '{"inputs":[[5.1,3.5]]}'`);
    expect(python?.text).toContain('json.dumps({"inputs": [[5.1, 3.5]]})');
    expect(python?.text).toContain('print(reply["predictions"][0])');
    expect(javascript?.text).toContain('body: JSON.stringify({"inputs":[[5.1,3.5]]})');
    expect(javascript?.text).toContain("console.log(reply.predictions[0]);");
  });
  it("reads a key from the environment and never holds one", () => {
    const [curl, python, javascript] = writeSnippets(url, predict, true);
    expect(curl?.text).toContain('-H "authorization: Bearer $NETWRIGHT_KEY"');
    expect(python?.text).toContain('os.environ["NETWRIGHT_KEY"]');
    expect(javascript?.text).toContain("process.env.NETWRIGHT_KEY");
  });
  it("keeps an image as a file", () => {
    const [, python] = writeSnippets(url, { verb: "generate", body: { count: 4 }, shown: '["samples"][0]["png"]', image: true }, false);
    expect(python?.text).toContain('open("sample.png", "wb")');
  });
});

describe("askingsOf", () => {
  const version = (does: ModelVersion["does"], kind: "image" | "text", sample: string | null = null) =>
    ({ does, sample, input: { kind } }) as unknown as ModelVersion;
  it("asks for what the model does", () => {
    expect(askingsOf(version(["predict"], "image"), [[[1]]]).map(({ verb }) => verb)).toEqual(["predict"]);
    expect(askingsOf(version(["generate", "reconstruct"], "image"), [[[1]]]).map(({ verb }) => verb)).toEqual(["generate", "predict"]);
    expect(askingsOf(version(["cluster", "reconstruct"], "image"), [[[1]]]).map(({ verb }) => verb)).toEqual(["predict"]);
    expect(askingsOf(version(["continue", "predict"], "text"), "abc").map(({ verb }) => verb)).toEqual(["continue", "predict"]);
    expect(askingsOf(version(["reconstruct"], "image"), [[[1]]])[0]?.shown).toBe('["predictions"][0]["png"]');
  });
  it("goes on with what is being tried, else with the model's sample", () => {
    expect(askingsOf(version(["continue", "predict"], "text", "It is a truth"), "")[0]?.body["prompt"]).toBe("It is a truth");
    expect(askingsOf(version(["continue", "predict"], "text", "It is"), "My dear")[0]?.body["prompt"]).toBe("My dear");
  });
});
