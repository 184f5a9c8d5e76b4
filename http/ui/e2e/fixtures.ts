// What every test is run with: a page whose errors fail it, a server of its file's own, and helpers
// that make scans by the API where making them is not what is tested.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { Server, type ServerOptions } from "./server";

export { expect, type Server };

/** What the pages did wrong, as the browser tells it. */
export interface Errors {
  /** Errors that this test brings about, such as those of a killed server. */
  allow: (...patterns: RegExp[]) => void;
}

export const test = base.extend<{ errors: Errors }>({
  errors: [
    async ({ context }, use) => {
      const found: string[] = [];
      // Pages that a folder holds may be newer than the program, and ask for what it has not.
      const allowed = process.env.NETSCAN_UI_DIST ? [/status of 404 .*\/api\//] : [];
      const watch = (page: Page) => {
        page.on("console", (message) => {
          if (message.type() === "error") {
            found.push(`${message.text()} (${message.location().url})`);
          }
        });
        page.on("pageerror", (error) => found.push(`page error: ${error.message}`));
      };
      context.on("page", watch);
      for (const page of context.pages()) watch(page);
      // A violation is an error of the console too, but not where a report only is asked for.
      await context.addInitScript(() => {
        addEventListener("securitypolicyviolation", (event) => {
          console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
        });
      });
      await use({ allow: (...patterns) => void allowed.push(...patterns) });
      const left = found.filter((error) => !allowed.some((pattern) => pattern.test(error)));
      expect(left, "errors of the browser's console").toEqual([]);
    },
    { auto: true },
  ],
});

/** Starts a server before the tests of a file, and ends it after them. */
export function serverOfFile(options: ServerOptions = {}): () => Server {
  let server: Server | null = null;
  test.beforeAll(async () => {
    server = await Server.start(options);
  });
  test.afterAll(async () => {
    await server?.stop();
  });
  test.beforeEach(async ({ context }) => {
    if (server) await serveFolder(context, server);
  });
  return () => {
    if (!server) throw new Error("the server was not started");
    return server;
  };
}

const KINDS: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** With `NETSCAN_UI_DIST`: pages from that folder, under the headers that the server gives its own. */
export async function serveFolder(context: BrowserContext, server: Server): Promise<void> {
  const folder = process.env.NETSCAN_UI_DIST;
  if (!folder) return;
  const own = await fetch(server.url, { headers: { accept: "text/html" } });
  const policy = own.headers.get("content-security-policy");
  if (!policy) throw new Error("the server's pages have no content security policy");
  await context.route(
    (url) =>
      url.origin === server.url && !/^\/(api|ws|metrics|healthz|readyz)(\/|$)/.test(url.pathname),
    async (route) => {
      const { pathname } = new URL(route.request().url());
      const named = join(folder, pathname);
      const file = pathname !== "/" && existsSync(named) ? named : join(folder, "index.html");
      await route.fulfill({
        body: readFileSync(file),
        headers: {
          "content-type": KINDS[extname(file)] ?? "application/octet-stream",
          "content-security-policy": policy,
        },
      });
    },
  );
}

/** Gives the browser a session, without the login page. */
export async function logIn(context: BrowserContext, server: Server): Promise<void> {
  const response = await context.request.post(`${server.url}/api/session`, {
    data: { token: server.token },
    headers: { origin: server.url },
  });
  expect(response.status()).toBe(200);
}

interface ScanState {
  status: string;
  total_targets: number;
  verdicts: Record<string, number>;
}

/** Waits until a scan has ended, and returns it. */
export async function ended(server: Server, id: number): Promise<ScanState> {
  for (let tries = 0; tries < 600; tries += 1) {
    const scan = await server.ask<ScanState>("GET", `/api/scans/${id}`);
    if (["completed", "stopped", "failed"].includes(scan.status)) return scan;
    await new Promise((later) => setTimeout(later, 50));
  }
  throw new Error(`scan ${id} did not end`);
}

/** Starts a scan by the API, and returns its number. */
export async function startScan(server: Server, request: object): Promise<number> {
  const made = await server.ask<{ scan_id: number }>("POST", "/api/scans", request);
  return made.scan_id;
}

/** Flags of a scan of loopback that is over at once. */
export const QUICK = ["-sT", "-p1-50", "--max-retries", "0"];

/** Flags of a scan that takes about this long for each batch: nmap waits between its probes. */
export function slowFlags(ports: number, delayMs: number): string[] {
  return ["-sT", `-p1-${ports}`, "--scan-delay", `${delayMs}ms`, "--max-parallelism", "1"];
}

/** A service on loopback that is found open: it answers HTTP, with this text as its title. */
export async function openService(
  title: string,
  port = 0,
): Promise<{ address: string; port: number; close: () => Promise<void> }> {
  // Others may have services on 127.0.0.1.
  const address = `127.${1 + Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}.9`;
  const service = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<html><title>${title}</title><body>${title}</body></html>`);
  });
  await new Promise<void>((done, fail) => {
    service.once("error", fail);
    service.listen(port, address, done);
  });
  const at = service.address();
  if (typeof at !== "object" || at === null) throw new Error("the service has no port");
  const close = () => new Promise<void>((done) => service.close(() => done()));
  return { address, port: at.port, close };
}
