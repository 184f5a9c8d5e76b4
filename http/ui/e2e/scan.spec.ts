// A scan from its form to its export, as an operator goes through it.
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import {
  ended,
  expect,
  logIn,
  openService,
  QUICK,
  serverOfFile,
  slowFlags,
  startScan,
  test,
} from "./fixtures";

const server = serverOfFile();
test.beforeEach(async ({ context }) => logIn(context, server()));

/** The number of the scan whose page is open. */
async function scanInUrl(page: Page): Promise<number> {
  await expect(page).toHaveURL(/\/scans\/\d+/);
  return Number(/\/scans\/(\d+)/.exec(page.url())?.[1]);
}

test("a project is made, and its name is taken once", async ({ page, errors }) => {
  errors.allow(/status of 409/);
  await page.goto(`${server().url}/projects`);
  await page.getByRole("button", { name: "New project" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Office");
  await dialog.getByLabel("Description").fill("the second floor");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(page).toHaveURL(/\/projects\/\d+$/);
  await expect(page.getByRole("heading", { level: 1, name: "Office" })).toBeVisible();
  await page.goto(`${server().url}/projects`);
  await expect(page.getByRole("link", { name: "Office" })).toBeVisible();
  await page.getByRole("button", { name: "New project" }).first().click();
  await dialog.getByLabel("Name").fill("Office");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog.getByRole("alert")).toContainText("already a project named");
});

test("a scan is started, its mistakes shown by their lines first, and followed", async ({
  page,
}) => {
  const service = await openService("office");
  await page.goto(`${server().url}/scans/new`);
  await page
    .getByLabel("Targets", { exact: true })
    .fill(`${service.address}\n127.0.0.1/99\nnot!a!target`);
  const unread = page.getByRole("status", { name: "Targets that cannot be read" });
  await expect(unread).toContainText("Line 2");
  await expect(unread).toContainText("Line 3");
  const start = page.getByRole("button", { name: /^Start scan/ });
  await expect(start).toBeDisabled();

  await page.getByLabel("Targets", { exact: true }).fill(service.address);
  await expect(unread).toBeHidden();
  await page.getByLabel(/nmap flags$/).fill("-sT --resume x");
  await expect(page.getByRole("alert")).toContainText("--resume");
  await expect(start).toBeDisabled();
  await page.getByLabel(/nmap flags$/).fill(`-sT -Pn -p${service.port}`);
  await expect(page.getByLabel("What would run")).toContainText(`-p${service.port}`);
  await expect(start).toBeEnabled();
  await page.getByLabel("Name of the scan").fill("first look");
  await start.click();

  const id = await scanInUrl(page);
  await expect(page.getByRole("heading", { level: 1, name: "first look" })).toBeVisible();
  await expect(page.getByText("Completed").first()).toBeVisible({ timeout: 20_000 });
  await page.getByRole("link", { name: "Log" }).click();
  await expect(page.getByRole("log", { name: "Log" })).toContainText(
    `Nmap scan report for ${service.address}`,
  );
  await page.getByRole("link", { name: /^Hosts/ }).click();
  await expect(page).toHaveURL(new RegExp(`/scans/${id}/hosts`));
  await expect(page.getByRole("table", { name: "Hosts of this scan" })).toContainText(
    service.address,
  );
  await service.close();
});

test("lines and hosts come in while it runs; it stops; the rest is scanned again", async ({
  page,
}) => {
  test.setTimeout(60_000);
  // Two hosts at a time, so that some are done while others wait.
  const id = await startScan(server(), {
    targets: ["127.0.0.1-120"],
    nmap_flags: slowFlags(20, 40),
    chunk_size: 2,
    concurrency: 2,
    adaptive: false,
  });
  await page.goto(`${server().url}/scans/${id}/log`);
  const log = page.getByRole("log", { name: "Log" });
  await expect(log).toContainText("Nmap scan report for 127.0.0.", { timeout: 20_000 });
  const lines = page.getByText(/^[\d,]+ lines?$/);
  const before = Number(((await lines.textContent()) ?? "").replace(/\D/g, ""));
  await expect
    .poll(async () => Number(((await lines.textContent()) ?? "").replace(/\D/g, "")))
    .toBeGreaterThan(before);

  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop the scan" }).click();
  await expect(page.getByText("Stopped").first()).toBeVisible({ timeout: 20_000 });
  const scan = await ended(server(), id);
  expect(scan.status).toBe("stopped");
  const { up = 0, unfinished = 0 } = scan.verdicts;
  expect(up).toBeGreaterThan(0);
  expect(unfinished).toBeGreaterThan(0);
  expect(up + unfinished).toBe(scan.total_targets);

  await page.getByRole("button", { name: "Rescan" }).click();
  await page.getByRole("menuitem", { name: `Unfinished targets (${unfinished})` }).click();
  await expect(page).toHaveURL(
    (url) => /\/scans\/\d+$/.test(url.pathname) && !url.pathname.endsWith(`/${id}`),
  );
  const again = await scanInUrl(page);
  const rest = await server().ask<{ total_targets: number; parent_scan_id: number }>(
    "GET",
    `/api/scans/${again}`,
  );
  expect(rest).toMatchObject({ total_targets: unfinished, parent_scan_id: id });
  await expect(page.getByText("Scans again what")).toBeVisible();
  await server().ask("POST", `/api/scans/${again}/stop`);
  await ended(server(), again);
});

test("two scans are compared: a port that vanished is told", async ({ page }) => {
  const service = await openService("compared");
  const request = {
    targets: [service.address],
    nmap_flags: ["-sT", "-Pn", `-p${service.port}`],
  };
  const before = await startScan(server(), request);
  await ended(server(), before);
  await service.close();
  const after = await startScan(server(), request);
  await ended(server(), after);
  await page.goto(`${server().url}/compare?a=${before}&b=${after}`);
  await expect(page.getByRole("heading", { level: 1, name: "Compare" })).toBeVisible();
  await expect(page.getByText(service.address).first()).toBeVisible();
  await expect(page.getByText(new RegExp(`${service.port}/tcp`)).first()).toBeVisible();
});

test("exports are files that other programs read", async ({ page, context }) => {
  const id = await startScan(server(), { targets: ["127.0.0.1-3"], nmap_flags: QUICK });
  await ended(server(), id);
  await page.goto(`${server().url}/scans/${id}`);
  const take = async (name: string): Promise<string> => {
    await page.getByRole("button", { name: "Export" }).click();
    const coming = page.waitForEvent("download");
    await page.getByRole("menuitem", { name, exact: true }).click();
    const path = await (await coming).path();
    return readFileSync(path, "utf8");
  };
  const xml = await take("nmap XML");
  // A page without a policy: there text may be parsed.
  const reader = await context.newPage();
  const tree = await reader.evaluate((text) => {
    const document = new DOMParser().parseFromString(text, "text/xml");
    return {
      root: document.documentElement.localName,
      hosts: document.querySelectorAll("host").length,
      errors: document.querySelectorAll("parsererror").length,
    };
  }, xml);
  expect(tree).toEqual({ root: "nmaprun", hosts: 3, errors: 0 });
  const rows = (await take("JSON Lines"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(rows.length).toBeGreaterThanOrEqual(3);
  expect(await take("CSV")).toContain("127.0.0.2");
});

test("the tabs stay where they are from one to the next", async ({ page }) => {
  const id = await startScan(server(), { targets: ["127.0.0.4"], nmap_flags: QUICK });
  await ended(server(), id);
  const top = async (tab: string) => {
    await page.goto(`${server().url}/scans/${id}/${tab}`);
    const tabs = page.getByRole("navigation", { name: "Parts of this scan" });
    await expect(tabs).toBeVisible();
    return (await tabs.boundingBox())?.y;
  };
  const first = await top("overview");
  expect(first).toBeGreaterThan(0);
  expect(await top("hosts")).toBe(first);
  expect(await top("events")).toBe(first);
});

test("a phone shows that a table has more to the side", async ({ page }) => {
  const id = await startScan(server(), { targets: ["127.0.0.4"], nmap_flags: QUICK });
  await ended(server(), id);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${server().url}/scans/${id}/hosts`);
  const table = page.getByRole("table", { name: "Hosts of this scan" });
  const frame = page.locator("[data-more]", { has: table });
  await expect(frame).toHaveAttribute("data-more", "right");
  await table.evaluate((box) => {
    box.scrollLeft = box.scrollWidth;
  });
  await expect(frame).toHaveAttribute("data-more", "left");
  await page.setViewportSize({ width: 1600, height: 900 });
  await expect(frame).toHaveAttribute("data-more", "");
});

test("raw output is shown as nmap wrote it, and can be searched", async ({ page }) => {
  const id = await startScan(server(), { targets: ["127.0.0.4"], nmap_flags: QUICK });
  await ended(server(), id);
  const [batch] = await server().ask<{ id: number }[]>("GET", `/api/scans/${id}/batches`);
  await page.goto(`${server().url}/batches/${batch?.id}/raw/xml`);
  const view = page.getByRole("log", { name: "xml" });
  await expect(view).toContainText("<?xml");
  await expect(page.getByText("BLAKE3").first()).toBeVisible();
  await page.getByRole("link", { name: /^stdout/ }).click();
  await expect(page).toHaveURL(/raw\/stdout/);
  await expect(page.getByRole("log", { name: "stdout" })).toContainText("Starting Nmap");
  const coming = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download" }).click();
  const bytes = readFileSync(await (await coming).path());
  const raw = await fetch(`${server().url}/api/batches/${batch?.id}/raw/stdout`, {
    headers: { authorization: `Bearer ${server().token}` },
  });
  expect(bytes.equals(Buffer.from(await raw.arrayBuffer()))).toBe(true);
});

test("a filter of hosts is a link", async ({ page }) => {
  const service = await openService("filtered");
  const other = await openService("other");
  const id = await startScan(server(), {
    targets: [service.address, other.address],
    nmap_flags: ["-sT", "-Pn", `-p${service.port},${other.port}`],
  });
  await ended(server(), id);
  await page.goto(`${server().url}/scans/${id}/hosts?port=${service.port}&state=open`);
  const table = page.getByRole("table", { name: "Hosts of this scan" });
  await expect(table).toContainText(service.address);
  await expect(table).not.toContainText(other.address);
  await page.getByRole("button", { name: /^Port: / }).click();
  await expect(page).not.toHaveURL(/[?&]port=/);
  await page.goto(
    `${server().url}/scans/${id}/hosts?port=nonsense&state=nonsense&verdict=nonsense`,
  );
  await expect(table).toContainText(service.address);
  await expect(table).toContainText(other.address);
  await service.close();
  await other.close();
});
