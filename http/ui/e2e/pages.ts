// Every page with data: free of violations that axe finds, and its picture for looking at, in light
// and dark, on a phone, a desk and a large screen. Pictures go to `artefacts/`, and are not compared.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import {
  ended,
  expect,
  logIn,
  openService,
  type Server,
  serverOfFile,
  startScan,
  test,
} from "./fixtures";

const ARTEFACTS = resolve(import.meta.dirname, "../artefacts");
const WIDTHS = [390, 1280, 1920];

/** Makes what the pages are about, and returns where they are. */
async function pathsWithData(
  server: Server,
  service: { address: string; port: number },
): Promise<Record<string, string>> {
  const project = await server.ask<{ id: number }>("POST", "/api/projects", {
    name: "Office network",
    description: "printers and desks",
  });
  const request = {
    project_id: project.id,
    name: "weekly",
    targets: [service.address, "127.0.0.1-20"],
    nmap_flags: ["-sT", `-p${service.port},1-20`],
  };
  const first = await startScan(server, request);
  await ended(server, first);
  const second = await startScan(server, { ...request, exclude: ["127.0.0.3"] });
  await ended(server, second);
  const [host] = await server.ask<{ id: number }[]>("GET", `/api/scans/${second}/hosts`);
  const [batch] = await server.ask<{ id: number }[]>("GET", `/api/scans/${second}/batches`);
  await server.ask("POST", "/api/tokens", { name: "CI runner", role: "operator" });
  return {
    overview: "/",
    projects: "/projects",
    project: `/projects/${project.id}`,
    scans: "/scans",
    "new-scan": "/scans/new?targets=127.0.0.0/28",
    scan: `/scans/${second}`,
    "scan-map": `/scans/${second}/map`,
    "scan-batches": `/scans/${second}/batches`,
    "scan-log": `/scans/${second}/log`,
    "scan-hosts": `/scans/${second}/hosts`,
    "scan-events": `/scans/${second}/events`,
    "scan-targets": `/scans/${second}/targets`,
    batch: `/batches/${batch?.id}`,
    raw: `/batches/${batch?.id}/raw/xml`,
    host: `/hosts/${host?.id}`,
    address: `/addresses/${service.address}`,
    search: "/search?q=127",
    difficult: "/difficult",
    compare: `/compare?a=${first}&b=${second}`,
    profiles: "/profiles",
    quick: "/quick",
    "system-engine": "/system/engine",
    "system-supervision": "/system/supervision",
    "system-store": "/system/store",
    "system-scope": "/system/scope",
    "system-tokens": "/system/tokens",
    "system-audit": "/system/audit",
    "system-about": "/system/about",
  };
}

/** A group of pages that one test goes through, so that the browser loads the scripts once. */
const GROUPS: Record<string, string> = {
  "overview, projects and lists": "overview projects project scans search difficult compare",
  "forms and profiles": "new-scan quick profiles",
  "a scan": "scan scan-map scan-batches scan-log scan-hosts scan-events scan-targets",
  "what a scan found": "batch raw host address",
  "the system":
    "system-engine system-supervision system-store system-scope system-tokens system-audit system-about",
};

/** Looks at one page: its widths, its picture at each, and what axe says of it. */
async function look(page: Page, name: string, colorScheme: string): Promise<void> {
  await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 1000 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect.soft(wide, `${name}: pixels too wide at ${width}`).toBeLessThanOrEqual(0);
    const path = join(ARTEFACTS, `${name}-${width}-${colorScheme}.png`);
    await page.screenshot({ path, animations: "disabled" });
  }
  await page.setViewportSize({ width: 1280, height: 1000 });
  // Targets of at least 24 pixels are of WCAG 2.2, and asked for by name.
  const { violations } = await new AxeBuilder({ page })
    .options({ rules: { "target-size": { enabled: true } } })
    .analyze();
  const said = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(" | ")}`,
  );
  expect.soft(said, name).toEqual([]);
}

/** The tests of all pages in one of the two looks. */
export function testsOfPages(colorScheme: "light" | "dark"): void {
  const server = serverOfFile();
  let paths: Record<string, string> = {};
  let close: (() => Promise<void>) | null = null;
  test.use({ colorScheme });
  test.beforeAll(async () => {
    const service = await openService("a page");
    close = service.close;
    paths = await pathsWithData(server(), service);
    mkdirSync(ARTEFACTS, { recursive: true });
  });
  test.afterAll(async () => close?.());

  for (const [group, names] of Object.entries(GROUPS)) {
    test(`${group}, ${colorScheme}`, async ({ page, context }) => {
      test.setTimeout(120_000);
      await logIn(context, server());
      for (const name of names.split(" ")) {
        const path = paths[name];
        if (path === undefined) throw new Error(`no path of ${name}`);
        await page.goto(server().url + path);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        await look(page, name, colorScheme);
      }
    });
  }

  test(`the login page, ${colorScheme}`, async ({ page }) => {
    await page.goto(`${server().url}/login`);
    await expect(page.getByLabel("Token")).toBeVisible();
    await look(page, "login", colorScheme);
  });
}
