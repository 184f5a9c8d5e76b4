import { defineConfig } from "vite";

export default defineConfig({
  build: {
    // `make ui-check` builds into another folder and compares.
    outDir: process.env.UI_OUT_DIR ?? "dist",
    emptyOutDir: true,
    // Inline data: URLs of scripts and styles are against our content security policy.
    assetsInlineLimit: 0,
  },
});
