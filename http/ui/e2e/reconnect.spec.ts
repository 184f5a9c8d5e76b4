// The server is killed while a scan runs and a page follows it.
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { ended, expect, logIn, serverOfFile, slowFlags, startScan, test } from "./fixtures";

const server = serverOfFile();
test.beforeEach(async ({ context }) => logIn(context, server()));

interface Event {
  seq: number;
  event: string;
  line?: string;
}

/** Every event of a scan, as the server keeps them. */
async function allEvents(id: number): Promise<Event[]> {
  const found: Event[] = [];
  for (;;) {
    const since = found.at(-1)?.seq ?? 0;
    const path = `/api/scans/${id}/events?since=${since}&limit=1000`;
    const page = await server().ask<Event[]>("GET", path);
    if (page.length === 0) return found;
    found.push(...page);
  }
}

/** How many lines the page says that it has. */
async function shownLines(page: Page): Promise<number> {
  const said = await page.getByText(/^[\d,]+ lines?$/).textContent();
  return Number((said ?? "").replace(/\D/g, ""));
}

test("the page says that it is old, and catches up with every event once", async ({
  page,
  errors,
}) => {
  test.setTimeout(90_000);
  errors.allow(
    /WebSocket connection/,
    /ERR_CONNECTION_REFUSED/,
    /ERR_EMPTY_RESPONSE/,
    /ERR_CONNECTION_RESET/,
  );
  const id = await startScan(server(), {
    targets: ["127.0.0.1-120"],
    nmap_flags: slowFlags(20, 40),
    chunk_size: 2,
    concurrency: 2,
    adaptive: false,
  });
  await page.goto(`${server().url}/scans/${id}/log`);
  const log = page.getByRole("log", { name: "Log" });
  await expect(log).toContainText("Nmap scan report for", { timeout: 20_000 });

  const had = await shownLines(page);
  await server().kill("SIGKILL");
  await expect(page.getByText(/^What you see is .* old$/)).toBeVisible();
  await expect(page.getByText(/not live/i).first()).toBeVisible();
  // It is said once: the frame leaves it to the page, also after some tries.
  await page.waitForTimeout(1_500);
  await expect(page.getByText(/^Not connected/)).toHaveCount(1);
  // What was there stays.
  expect(await shownLines(page)).toBeGreaterThanOrEqual(had);
  await server().begin();
  await expect(page.getByText(/^What you see is .* old$/)).toBeHidden({ timeout: 20_000 });
  await expect(page.getByText("Live", { exact: true })).toBeVisible({ timeout: 20_000 });

  // It goes on, and the page with it.
  const before = await shownLines(page);
  await expect.poll(() => shownLines(page), { timeout: 20_000 }).toBeGreaterThan(before);
  await server().ask("POST", `/api/scans/${id}/stop`);
  expect((await ended(server(), id)).status).toBe("stopped");
  await expect(page.getByText("Stopped").first()).toBeVisible();
  const events = await allEvents(id);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, at) => at + 1));
  expect(events.some((event) => event.event === "scan_recovered")).toBe(true);

  // The page has the same lines in the same order: none lost, none twice.
  const lines = events.filter((event) => event.event === "line").map((event) => event.line ?? "");
  await expect(page.getByText("from the first line on")).toBeVisible();
  await expect(
    page.getByText(`${lines.length.toLocaleString("en")} lines`, { exact: true }),
  ).toBeVisible();
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download these lines" }).click();
  const text = readFileSync(await (await coming).path(), "utf8");
  expect(text.split("\n").slice(0, -1)).toEqual(lines);
});
