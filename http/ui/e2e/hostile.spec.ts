// Names and banners that try to be markup, or to turn the text around: they are text, everywhere.
import type { Page } from "@playwright/test";
import { ended, expect, logIn, openService, serverOfFile, startScan, test } from "./fixtures";

const server = serverOfFile();
test.beforeEach(async ({ context }) => logIn(context, server()));

const MARKUP = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;
const BIDI = "\u202Egpj.exe\u2066";

/** Nothing of it became an element, nothing ran, and the page does not scroll sideways. */
async function isInert(page: Page): Promise<void> {
  await expect(page.locator('img[src="x"]')).toHaveCount(0);
  expect(await page.title()).not.toBe("taken");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide, "pixels that the page is too wide").toBeLessThanOrEqual(0);
}

test("names of projects, scans and tokens", async ({ page }) => {
  const project = await server().ask<{ id: number }>("POST", "/api/projects", {
    name: `${MARKUP}${BIDI}`,
    description: `${MARKUP}${"W".repeat(900)}`,
  });
  await server().ask("POST", "/api/tokens", { name: `${MARKUP}${BIDI}`, role: "viewer" });
  const id = await startScan(server(), {
    project_id: project.id,
    name: `${MARKUP}${BIDI}`,
    targets: ["127.0.0.1"],
    nmap_flags: ["-sT", "-p1-5"],
  });
  await ended(server(), id);
  await page.setViewportSize({ width: 390, height: 800 });
  for (const path of [
    "/projects",
    `/projects/${project.id}`,
    "/scans",
    `/scans/${id}`,
    "/system/tokens",
    "/system/audit",
  ]) {
    await page.goto(server().url + path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByText("<img src=x").first(), path).toBeAttached();
    await isInert(page);
  }
  // Here names are in fields to choose from, or not shown at all.
  for (const path of ["/", `/compare?a=${id}`, `/scans/new?from=${id}`]) {
    await page.goto(server().url + path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await isInert(page);
  }
});

test("targets of 10 kB, and of markup", async ({ page }) => {
  await page.goto(`${server().url}/scans/new`);
  const targets = page.getByLabel("Targets", { exact: true });
  await targets.fill(`${MARKUP}${BIDI}\n${"A".repeat(10_000)}`);
  await expect(page.getByRole("status", { name: "Targets that cannot be read" })).toContainText(
    "<img",
  );
  await isInert(page);
  await page.goto(`${server().url}/scans/new?targets=${encodeURIComponent(MARKUP)}`);
  await expect(targets).toHaveValue(/<img/);
  await isInert(page);
});

test("what a scanned service says", async ({ page }) => {
  test.setTimeout(60_000);
  const service = await openService(`&lt;x&gt;${MARKUP.replaceAll("<", "&lt;")}${BIDI}`, 8080);
  const id = await startScan(server(), {
    targets: [service.address],
    nmap_flags: ["-sT", "-Pn", "-p8080", "--script", "http-title"],
  });
  await ended(server(), id);
  const [host] = await server().ask<{ id: number }[]>("GET", `/api/scans/${id}/hosts`);
  for (const path of [`/hosts/${host?.id}`, `/addresses/${service.address}`, `/scans/${id}/log`]) {
    await page.goto(server().url + path);
    await expect(page.getByText(service.address).first()).toBeVisible();
    await isInert(page);
  }
  await page.goto(`${server().url}/hosts/${host?.id}`);
  await expect(page.getByText("http-title").first()).toBeVisible();
  await service.close();
});

test("addresses of pages that are nonsense", async ({ page, errors }) => {
  errors.allow(/status of 4\d\d/, /WebSocket connection/);
  for (const path of [
    "/scans/99999999999999999999",
    "/scans/%3Cimg%20src=x%3E",
    "/hosts/-1",
    "/batches/x/raw/y",
    "/projects/1e3",
    `/addresses/${encodeURIComponent(MARKUP)}`,
    `/search?q=${encodeURIComponent(MARKUP)}&port=x`,
    "/compare?a=x&b=-2",
    `/scans?status=${encodeURIComponent(MARKUP)}&project=x`,
    "/difficult?x=[",
    "/system/audit?since=x&action=<&actor[]=1",
  ]) {
    await page.goto(server().url + path);
    await expect(page.locator("main").first()).toBeVisible();
    await expect(page.getByText("Something went wrong")).toHaveCount(0);
    await isInert(page);
  }
});
