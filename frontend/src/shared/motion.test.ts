import { afterEach, expect, it, vi } from "vitest";

import { motion } from "./motion";

afterEach(() => vi.unstubAllGlobals());

it.each([
  [true, 0],
  [false, 200],
])("keeps still who asks for it: %s", (reduced, wanted) => {
  vi.stubGlobal("matchMedia", (query: string) => ({ matches: reduced && query === "(prefers-reduced-motion: reduce)" }));
  expect(motion(200)).toBe(wanted);
});
