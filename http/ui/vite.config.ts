/// <reference types="vitest/config" />
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` speaks to a server that runs already; `NETSCAN_URL` names another one.
const server = process.env.NETSCAN_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    // `make ui-check` builds beside what is committed, and compares.
    outDir: process.env.UI_OUT_DIR ?? "dist",
    emptyOutDir: true,
    // An asset in a `data:` URL would need a weaker content security policy.
    assetsInlineLimit: 0,
    target: "es2023",
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      // The server takes requests of its own pages only: say that this is one.
      "/api": { target: server, changeOrigin: true, headers: { origin: server } },
      "/metrics": { target: server, changeOrigin: true },
      "/healthz": { target: server, changeOrigin: true },
      "/readyz": { target: server, changeOrigin: true },
      "/ws": { target: server, changeOrigin: true, ws: true, headers: { origin: server } },
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
