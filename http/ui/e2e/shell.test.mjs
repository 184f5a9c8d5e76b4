// Opens the built program's pages in a browser: the script runs under the content security policy,
// and a deep link leads to the UI. NETSCAN is the program, CHROMIUM the browser.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

const netscan = process.env.NETSCAN;
const chromium = process.env.CHROMIUM ?? "chromium";
const dir = mkdtempSync(join(tmpdir(), "e2e-"));
let server, address;

before(async () => {
  assert.ok(netscan, "NETSCAN names no program");
  const args = ["serve", "--data", join(dir, "data"), "--listen", "127.0.0.1:0", "--auth", "none"];
  server = spawn(netscan, args, { stdio: ["ignore", "pipe", "pipe"] });
  address = await new Promise((found, failed) => {
    let said = "";
    const read = (chunk) => {
      said += chunk;
      const at = said.match(/http:\/\/127\.0\.0\.1:\d+/);
      if (at) found(at[0]);
    };
    server.stdout.on("data", read);
    server.stderr.on("data", read);
    server.on("exit", () => failed(new Error(`the server ended: ${said}`)));
  });
});

after(async () => {
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  await ended;
  rmSync(dir, { recursive: true });
});

function page(path) {
  const args = ["--headless=new", "--no-sandbox", "--disable-gpu", `--user-data-dir=${join(dir, "browser")}`];
  args.push("--virtual-time-budget=5000", "--dump-dom", address + path);
  return execFileSync(chromium, args, { encoding: "utf8", timeout: 60_000, stdio: ["ignore", "pipe", "ignore"] });
}

test("a deep link opens the UI, and its script runs", () => {
  assert.match(page("/scans/12/hosts?port=80"), /You are at \/scans\/12\/hosts\./);
});
