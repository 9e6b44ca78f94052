import type { ModelVersion, RawInput } from "@/api/types";
import { type Message, msg } from "@/i18n";

import { quoteShell, toPython } from "./literal";

export interface Snippet {
  id: string;
  title: string;
  text: string;
}

/** One thing a model can be asked for, as a request that is complete as it stands. */
export interface Asking {
  verb: "predict" | "generate" | "continue";
  body: Record<string, unknown>;
  /** What of the answer is shown, in Python's words (which are JavaScript's too). */
  shown: string;
  /** Whether that is an image as a data URL. */
  image: boolean;
}

export const verbNames: Record<Asking["verb"], Message> = {
  predict: msg("Predict"),
  generate: msg("Generate"),
  continue: msg("Go on with a text"),
};

/** Where programs find the API key, so that it stands in no program. */
export const KEY_VARIABLE = "NETWRIGHT_KEY";
const PROMPT = 24;

/** What a version can be asked for, the first thing first; `input` is what is being tried. */
export function askingsOf({ does, sample, input: { kind } }: ModelVersion, input: RawInput): Asking[] {
  const image = kind === "image";
  const all = does.map((ability): Asking => {
    if (ability === "generate")
      return { verb: "generate", body: { count: 4, seed: 7 }, shown: image ? '["samples"][0]["png"]' : '["samples"][0]["output"]', image };
    if (ability === "continue") {
      const text = typeof input === "string" && input !== "" ? input : typeof sample === "string" ? sample : "";
      return { verb: "continue", body: { prompt: text.slice(0, PROMPT), length: 80, temperature: 0.8, seed: 7 }, shown: '["text"]', image: false };
    }
    const picture = image && ability === "reconstruct";
    return { verb: "predict", body: { inputs: [input] }, shown: picture ? '["predictions"][0]["png"]' : '["predictions"][0]', image: picture };
  });
  // Two abilities may be had by one request.
  return all.filter(({ verb }, at) => all.findIndex((one) => one.verb === verb) === at);
}

/** The same question in three tongues, complete as it stands; with `key`, by an API key from the environment. */
export function writeSnippets(url: string, asking: Asking, key: boolean): Snippet[] {
  return [
    { id: "curl", title: "curl", text: writeCurl(url, asking, key) },
    { id: "python", title: "Python", text: writePython(url, asking, key) },
    { id: "javascript", title: "JavaScript", text: writeJavaScript(url, asking, key) },
  ];
}

function writeCurl(url: string, { body }: Asking, key: boolean): string {
  return [
    `curl -s ${quoteShell(url)}`,
    "  -H 'content-type: application/json'",
    ...(key ? [`  -H "authorization: Bearer $${KEY_VARIABLE}"`] : []),
    `  -d ${quoteShell(JSON.stringify(body))}`,
  ].join(" \\\n");
}

function writePython(url: string, { body, shown, image }: Asking, key: boolean): string {
  const imports = [...(image ? ["import base64"] : []), "import json", ...(key ? ["import os"] : [])];
  return [
    ...imports,
    "from urllib.request import Request, urlopen",
    "",
    `body = json.dumps(${toPython(body)})`,
    'headers = {"content-type": "application/json"}',
    ...(key ? [`headers["authorization"] = "Bearer " + os.environ["${KEY_VARIABLE}"]`] : []),
    `request = Request(${JSON.stringify(url)}, body.encode(), headers)`,
    "reply = json.load(urlopen(request))",
    ...(image
      ? [
          `png = reply${shown}.partition(",")[2]`,
          'with open("sample.png", "wb") as file:',
          '    print("sample.png:", file.write(base64.b64decode(png)), "bytes")',
        ]
      : [`print(reply${shown})`]),
  ].join("\n");
}

function writeJavaScript(url: string, { body, shown }: Asking, key: boolean): string {
  const secret = key ? `, authorization: \`Bearer \${process.env.${KEY_VARIABLE}}\`` : "";
  return [
    `const response = await fetch(${JSON.stringify(url)}, {`,
    '  method: "POST",',
    `  headers: { "content-type": "application/json"${secret} },`,
    `  body: JSON.stringify(${JSON.stringify(body)}),`,
    "});",
    "const reply = await response.json();",
    `console.log(reply${shown.replaceAll(/\["(\w+)"\]/g, ".$1")});`,
  ].join("\n");
}
