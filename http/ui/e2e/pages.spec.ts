// Every page with data: free of violations that axe finds, and its picture for looking at, in light
// and dark, on a phone, a desk and a large screen. Pictures go to `artefacts/`, and are not compared.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { ended, expect, logIn, openService, serverOfFile, startScan, test } from "./fixtures";

const server = serverOfFile();
const ARTEFACTS = resolve(import.meta.dirname, "../artefacts");
const WIDTHS = [390, 1280, 1920];

/** What the pages are about: made once for the file. */
let paths: Record<string, string> = {};
let close: (() => Promise<void>) | null = null;

test.beforeAll(async () => {
  const service = await openService("a page");
  close = service.close;
  const project = await server().ask<{ id: number }>("POST", "/api/projects", {
    name: "Office network",
    description: "printers and desks",
  });
  const request = {
    project_id: project.id,
    name: "weekly",
    targets: [service.address, "127.0.0.1-20"],
    nmap_flags: ["-sT", `-p${service.port},1-20`],
  };
  const first = await startScan(server(), request);
  await ended(server(), first);
  const second = await startScan(server(), { ...request, exclude: ["127.0.0.3"] });
  await ended(server(), second);
  const [host] = await server().ask<{ id: number }[]>("GET", `/api/scans/${second}/hosts`);
  const [batch] = await server().ask<{ id: number }[]>("GET", `/api/scans/${second}/batches`);
  await server().ask("POST", "/api/tokens", { name: "CI runner", role: "operator" });
  paths = {
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
  mkdirSync(ARTEFACTS, { recursive: true });
});
test.afterAll(async () => close?.());

const NAMES = [
  "overview projects project scans new-scan scan scan-map scan-batches scan-log",
  "scan-hosts scan-events scan-targets batch raw host address search difficult compare",
  "profiles quick system-engine system-supervision system-store system-scope system-tokens",
  "system-audit system-about",
]
  .join(" ")
  .split(" ");

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    for (const name of NAMES) {
      test(name, async ({ page, context }) => {
        await logIn(context, server());
        await page.goto(server().url + (paths[name] ?? "/"));
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0);
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: width === 390 ? 844 : 1000 });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect.soft(wide, `pixels too wide at ${width}`).toBeLessThanOrEqual(0);
          const path = join(ARTEFACTS, `${name}-${width}-${colorScheme}.png`);
          await page.screenshot({ path, animations: "disabled" });
        }
        await page.setViewportSize({ width: 1280, height: 1000 });
        const { violations } = await new AxeBuilder({ page }).analyze();
        const said = violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(" | ")}`,
        );
        expect(said).toEqual([]);
      });
    }
  });
}

test("the login page", async ({ page }) => {
  await page.goto(`${server().url}/login`);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.reload();
    await expect(page.getByLabel("Token")).toBeVisible();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 844 });
      await page.screenshot({ path: join(ARTEFACTS, `login-${width}-${colorScheme}.png`) });
    }
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
  }
});
