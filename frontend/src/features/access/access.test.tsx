import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { ApiKey } from "@/api/types";
import { expiryOf } from "@/shared/expiry";
import { fakeServer, renderPage } from "@/test/render";

import AccessPage from "./AccessPage";

const key: ApiKey = {
  id: "k1",
  name: "notebook",
  hint: "nwk_1234abcd",
  scope: "predict",
  created_at: "2026-01-01T00:00:00Z",
  expires_at: null,
  used_at: null,
  revoked_at: null,
  active: true,
};

describe("AccessPage", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("makes a key and shows its secret this once", async () => {
    let keys: ApiKey[] = [];
    const calls = fakeServer({
      "GET api/keys": () => ({ items: keys, total: keys.length }),
      "GET api/shares": () => ({ items: [], total: 0 }),
      "POST api/keys": () => {
        keys = [key];
        return { ...key, secret: "nwk_1234abcd5678" };
      },
    });
    renderPage(<AccessPage />);
    expect(await screen.findByText("There is no key yet.")).toBeTruthy();
    await userEvent.type(screen.getByRole("textbox", { name: "Name" }), " notebook ");
    await userEvent.click(screen.getByRole("button", { name: "Make a key" }));
    expect(await screen.findByText("nwk_1234abcd5678")).toBeTruthy();
    const sent = calls.find(({ method }) => method === "POST")?.body as { name: string; scope: string; expires_at: string };
    expect([sent.name, sent.scope]).toEqual(["notebook", "predict"]);
    expect(new Date(sent.expires_at).getTime()).toBeGreaterThan(Date.now());
    expect(await screen.findByText("nwk_1234abcd…")).toBeTruthy();
  });

  it("asks before a key is revoked, and takes an ended one from the list at once", async () => {
    const ended = { ...key, id: "k2", name: "old", active: false, revoked_at: "2026-01-02T00:00:00Z" };
    const calls = fakeServer({
      "GET api/keys": () => ({ items: [key, ended], total: 2 }),
      "GET api/shares": () => ({ items: [], total: 0 }),
      "DELETE api/keys/k1": () => undefined,
      "DELETE api/keys/k2": () => undefined,
    });
    renderPage(<AccessPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Remove old from the list" }));
    await userEvent.click(screen.getByRole("button", { name: "Revoke notebook" }));
    expect(calls.some(({ path }) => path === "api/keys/k1" && path.startsWith("DELETE"))).toBe(false);
    await userEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Revoke" }));
    expect(calls.filter(({ method }) => method === "DELETE").map(({ path }) => path)).toEqual(["api/keys/k2", "api/keys/k1"]);
  });
});

describe("expiryOf", () => {
  it("counts days from now, and 0 is never", () => {
    expect(expiryOf(7, new Date("2026-01-01T00:00:00Z"))).toBe("2026-01-08T00:00:00.000Z");
    expect(expiryOf(0)).toBeNull();
  });
});
