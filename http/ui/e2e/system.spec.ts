// The system page: limits, scope, tokens, the audit log, and what a lesser role sees of it.
import {
  ended,
  expect,
  logIn,
  QUICK,
  serveFolder,
  serverOfFile,
  slowFlags,
  startScan,
  test,
} from "./fixtures";

const server = serverOfFile();
test.beforeEach(async ({ context }) => logIn(context, server()));

test("the engine says what it is, and takes other limits", async ({ page, errors }) => {
  errors.allow(/status of 422/);
  const system = await server().ask<{ version: string; nmap: { path: string } }>(
    "GET",
    "/api/system",
  );
  await page.goto(`${server().url}/system`);
  await expect(page.getByRole("heading", { level: 1, name: "System" })).toBeVisible();
  await expect(page.getByText("Ready", { exact: true })).toBeVisible();
  await expect(page.getByText(system.nmap.path)).toBeVisible();
  await expect(page.getByText(/^Read at/).first()).toBeVisible();

  const slots = page.getByLabel("Slots");
  await slots.fill("0");
  await page.getByLabel("Packets a second").fill("1");
  await page.getByRole("button", { name: "Change limits" }).click();
  await expect(page.getByText("slots must be 1 to 4096")).toBeVisible();
  await expect(page.getByText(/packet_rate must be 1000 or more/)).toBeVisible();
  await expect(slots).toHaveAttribute("aria-invalid", "true");

  await slots.fill("7");
  await page.getByLabel("Packets a second").fill("5000");
  await page.getByRole("button", { name: "Change limits" }).click();
  await expect(page.getByText("Limits changed")).toBeVisible();
  await expect(page.getByText("0 of 7")).toBeVisible();
  const after = await server().ask<{ governor: { slots: number; packet_rate: number } }>(
    "GET",
    "/api/system",
  );
  expect(after.governor).toMatchObject({ slots: 7, packet_rate: 5000 });
});

test("an unknown part of the system is the first one", async ({ page }) => {
  await page.goto(`${server().url}/system/nonsense`);
  await expect(page.getByRole("link", { name: "Engine" })).toHaveAttribute("aria-current", "page");
});

test("the scope takes an entry, with the reason that it needs, and gives it back", async ({
  page,
  errors,
}) => {
  errors.allow(/status of 422/);
  await page.goto(`${server().url}/system/scope`);
  await page.getByRole("button", { name: "Allow addresses" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Addresses").fill("192.0.2.0/24");
  await dialog.getByRole("button", { name: "Allow" }).click();
  await expect(dialog.getByRole("alert")).toContainText("add a note");
  await dialog.getByLabel("Why").fill("documentation");
  await dialog.getByRole("button", { name: "Allow" }).click();
  await expect(dialog).toBeHidden();
  const row = page.getByRole("row", { name: /192\.0\.2\.0\/24/ });
  await expect(row).toContainText("documentation");
  await row.getByRole("button", { name: "Remove 192.0.2.0/24" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(row).toHaveCount(0);
  const scope = await server().ask<{ allow: { target: string }[] }>("GET", "/api/scope");
  expect(scope.allow.map((entry) => entry.target)).not.toContain("192.0.2.0/24");
});

test("a token is made, its secret shown once, and revoked", async ({ page, browser }) => {
  await page.goto(`${server().url}/system/tokens`);
  await page.getByRole("button", { name: "Create token" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("For", { exact: true }).fill("night shift");
  await dialog.getByLabel("Role").selectOption("viewer");
  await dialog.getByRole("button", { name: "Create token" }).click();
  const secret = (await page.getByText(/^nsk_/).textContent()) ?? "";
  expect(secret).toMatch(/^nsk_/);

  // Who holds it sees the engine, but neither tokens nor the audit log.
  const other = await browser.newContext();
  await serveFolder(other, server());
  const made = await other.request.post(`${server().url}/api/session`, {
    data: { token: secret },
    headers: { origin: server().url },
  });
  expect(made.status()).toBe(200);
  const viewer = await other.newPage();
  for (const [tab, title] of [
    ["tokens", "Access is for administrators"],
    ["audit", "The audit log is for administrators"],
  ]) {
    await viewer.goto(`${server().url}/system/${tab}`);
    await expect(viewer.getByText(title ?? "")).toBeVisible();
  }
  await viewer.goto(`${server().url}/system/engine`);
  await expect(viewer.getByText("the role admin is needed")).toBeVisible();
  await expect(viewer.getByRole("button", { name: "Change limits" })).toHaveCount(0);

  await page.reload();
  const row = page.getByRole("row", { name: /night shift/ });
  await expect(row).toContainText("viewer");
  await expect(page.getByText(secret)).toHaveCount(0);
  await row.getByRole("button", { name: /Revoke/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(row).toHaveCount(0);
  expect((await other.request.get(`${server().url}/api/scans`)).status()).toBe(401);
  await other.close();
});

test("the audit log is filtered by its URL, and its chain verified", async ({ page }) => {
  const scan = await startScan(server(), { targets: ["127.0.0.1"], nmap_flags: QUICK });
  await ended(server(), scan);
  await page.goto(`${server().url}/system/audit?action=scan-create`);
  const table = page.getByRole("table", { name: "Audit log" });
  await expect(table.getByRole("link", { name: `scan ${scan}` })).toBeVisible();
  await expect(table.getByText("Server started")).toHaveCount(0);
  await page.getByLabel("Action").selectOption("server-start");
  await expect(page).toHaveURL(/action=server-start/);
  await expect(table.getByText("Server started")).toBeVisible();
  await table.getByRole("button").first().click();
  await expect(page.getByRole("dialog")).toContainText("Its hash");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Clear" }).click();
  await expect(page).toHaveURL(/\/system\/audit$/);
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page.getByText(/^Intact: all \d+ entries/)).toBeVisible();
});

test("the supervision tree shows a running scan down to its nmap", async ({ page }) => {
  const id = await startScan(server(), {
    targets: ["127.0.0.1-120"],
    nmap_flags: slowFlags(20, 40),
    chunk_size: 2,
    concurrency: 2,
    adaptive: false,
  });
  await page.goto(`${server().url}/system/supervision`);
  const tree = page.getByRole("table", { name: "Supervision tree" });
  await expect(tree.getByRole("link", { name: `scan ${id}`, exact: true })).toBeVisible();
  await expect(tree.getByRole("link", { name: /^batch \d+$/ }).first()).toBeVisible();
  await expect(tree.getByText(/process \d+/).first()).toBeVisible();
  await tree.getByRole("button", { name: `Below scan ${id}` }).click();
  await expect(tree.getByRole("link", { name: /^batch \d+$/ })).toHaveCount(0);
  await server().ask("POST", `/api/scans/${id}/stop`);
  await ended(server(), id);
  await expect(tree.getByRole("link", { name: `scan ${id}`, exact: true })).toHaveCount(0);
});
