// Drives a Chromium of the system against the built program, with real nmap on loopback.
//
//   NETSCAN_BIN       the program, or NETSCAN; target/debug/netscan or target/quick/netscan without
//   NETSCAN_CHROMIUM  the browser, or CHROMIUM; /usr/bin/chromium without
//   NETSCAN_UI_DIST   a folder with built pages, to try them without building the program anew
import { defineConfig } from "@playwright/test";

const flags: string[] = [];
// Chromium's own sandbox refuses root.
if (process.getuid?.() === 0) flags.push("--no-sandbox");
// Pages that a test hands out count as from afar, and may not ask loopback.
if (process.env.NETSCAN_UI_DIST) flags.push("--disable-features=LocalNetworkAccessChecks");

export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  outputDir: "test-results",
  // Tests of a file share its server, and run one after the other.
  fullyParallel: false,
  workers: Number(process.env.NETSCAN_E2E_WORKERS ?? 2),
  forbidOnly: process.env.CI !== undefined,
  retries: 0,
  timeout: 45_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.NETSCAN_CHROMIUM ?? process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: flags,
    },
  },
});
