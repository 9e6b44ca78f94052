import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

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

/** Lays each text of the built page packed beside itself, so that the server need not pack it for every reader. */
function packed(): Plugin {
  let folder = "";
  const texts = /\.(js|css|svg|json)$/;
  const packings: [ending: string, pack: (text: Buffer) => Buffer][] = [
    [".br", (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } })],
    [".gz", (text) => gzipSync(text, { level: 9 })],
  ];
  return {
    name: "netwright-packed",
    apply: "build",
    configResolved: ({ root, build }) => {
      folder = resolve(root, build.outDir, build.assetsDir);
    },
    closeBundle: () => {
      for (const name of readdirSync(folder).filter((one) => texts.test(one))) {
        const text = readFileSync(join(folder, name));
        for (const [ending, pack] of packings) {
          const small = pack(text);
          if (small.length < 0.9 * text.length) writeFileSync(join(folder, name + ending), small);
        }
      }
    },
  };
}

const backend = process.env["NETWRIGHT_BACKEND"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "./",
  plugins: [react(), devBase(), packed()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../backend/netwright_studio/static",
    emptyOutDir: true,
    // The content security policy forbids data: fonts and scripts, so nothing is inlined.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What many pages share comes in two pieces instead of fifty small ones: each is a question to the server.
          groups: [
            { name: "kit", test: /node_modules/, minShareCount: 6 },
            { name: "common", test: /src/, minShareCount: 6 },
          ],
        },
      },
    },
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
