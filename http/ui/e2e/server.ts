// A server of the built program for each test, with a store of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "@playwright/test";

async function start(program: string, data: string) {
  const args = ["serve", "--data", data, "--listen", "127.0.0.1:0", "--auth", "none"];
  const server = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const url = await new Promise<string>((found, failed) => {
    let said = "";
    const read = (chunk: Buffer) => {
      said += chunk.toString();
      const at = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
      if (at) found(at[0]);
    };
    server.stdout.on("data", read);
    server.stderr.on("data", read);
    server.once("error", failed);
    server.once("exit", () => failed(new Error(`the server ended: ${said}`)));
  });
  const stop = async () => {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
  };
  return { url, stop };
}

export const test = base.extend<{ server: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture uses off it.
  server: async ({}, use) => {
    const program = process.env.NETSCAN;
    if (!program) throw new Error("NETSCAN names no program; `make ui-test` builds one");
    const dir = await mkdtemp(join(tmpdir(), "netscan-e2e-"));
    const { url, stop } = await start(program, join(dir, "data"));
    await use(url);
    await stop();
    await rm(dir, { recursive: true });
  },
});

export { expect } from "@playwright/test";
