import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";

/** Renders as the app does, with a fresh cache and no retries. */
export function renderPage(children: ReactNode) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    </MantineProvider>,
  );
}

export interface Call {
  method: string;
  path: string;
  body: unknown;
}

type Answer = (call: Call) => unknown;

export class Refusal {
  constructor(
    readonly status: number,
    readonly error: unknown,
  ) {}
}

/** Answers the page's requests by "METHOD path" (without the query), and keeps a list of them. */
export function fakeServer(answers: Readonly<Record<string, Answer>>): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit = {}) => {
    const method = init.method ?? "GET";
    const path = new URL(url).pathname.replace(/^\//, "");
    const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : null;
    const call = { method, path, body };
    calls.push(call);
    const answer = answers[`${method} ${path}`];
    const result = answer ? answer(call) : new Refusal(404, { code: "not_found", message: `no ${method} ${path}` });
    if (result instanceof Refusal) return Promise.resolve(Response.json({ error: result.error }, { status: result.status }));
    if (result === undefined) return Promise.resolve(new Response(null, { status: 204 }));
    return Promise.resolve(Response.json(result));
  });
  return calls;
}
