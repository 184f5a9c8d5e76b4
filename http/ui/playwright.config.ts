import { defineConfig } from "@playwright/test";

// `make ui-test` names the program (`NETSCAN`); `CHROMIUM` names another browser than Debian's.
export default defineConfig({
  testDir: "e2e",
  // Each test has a server of its own, and the machine may be small.
  workers: 1,
  timeout: 60_000,
  forbidOnly: true,
  reporter: "list",
  outputDir: "test-results",
  use: {
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox"],
    },
  },
});
