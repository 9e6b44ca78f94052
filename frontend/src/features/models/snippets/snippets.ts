import type { RawInput } from "@/api/types";

import { quoteShell, toPython } from "./literal";

export interface Snippet {
  id: string;
  title: string;
  text: string;
}

/** The same question in three tongues, complete as it stands. */
export function writeSnippets(url: string, input: RawInput): Snippet[] {
  const body = { inputs: [input] };
  const json = JSON.stringify(body);
  return [
    {
      id: "curl",
      title: "curl",
      text: `curl -s ${quoteShell(url)} \\\n  -H 'content-type: application/json' \\\n  -d ${quoteShell(json)}`,
    },
    {
      id: "python",
      title: "Python",
      text: [
        "import json",
        "from urllib.request import Request, urlopen",
        "",
        `body = json.dumps(${toPython(body)})`,
        `request = Request(${JSON.stringify(url)}, body.encode(), {"content-type": "application/json"})`,
        'print(json.load(urlopen(request))["predictions"][0])',
      ].join("\n"),
    },
    {
      id: "javascript",
      title: "JavaScript",
      text: [
        `const reply = await fetch(${JSON.stringify(url)}, {`,
        '  method: "POST",',
        '  headers: { "content-type": "application/json" },',
        `  body: JSON.stringify(${json}),`,
        "});",
        "console.log((await reply.json()).predictions[0]);",
      ].join("\n"),
    },
  ];
}
