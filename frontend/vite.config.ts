import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The server writes the depth of the page into <base>; the dev server always lives at the root. */
function devBase(): Plugin {
  return {
    name: "netwright-dev-base",
    apply: "serve",
    transformIndexHtml: (html) => html.replace('<base href="./" />', '<base href="/" />'),
  };
}

const backend = process.env["NETWRIGHT_BACKEND"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "./",
  plugins: [react(), devBase()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../backend/netwright_studio/static",
    emptyOutDir: true,
    // The content security policy forbids data: fonts and scripts, so nothing is inlined.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  worker: { format: "es" },
  server: {
    port: 5173,
    proxy: {
      "/api": { target: backend, ws: true, changeOrigin: false },
      "/docs": { target: backend, changeOrigin: false },
      "/v2": { target: backend, ws: true, changeOrigin: false },
    },
  },
  test: {
    environment: "happy-dom",
    setupFiles: ["src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
    restoreMocks: true,
    // Typing key by key is slow where two cores are busy with other tests.
    testTimeout: 20_000,
  },
});
