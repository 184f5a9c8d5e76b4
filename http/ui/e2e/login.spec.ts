// Getting in: by the login URL of a first start, by a token, and back to where one wanted to go.
import { expect, serverOfFile, test } from "./fixtures";

const server = serverOfFile();

test("the login URL lets in, once", async ({ page, context, errors }) => {
  const { loginUrl, url } = server();
  if (!loginUrl) throw new Error(`no login URL in:\n${server().output}`);
  await page.goto(loginUrl);
  await expect(page).toHaveURL(`${url}/`);
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  // The code is in no place where it would stay.
  expect(await page.evaluate(() => location.href)).not.toContain("nsl_");

  errors.allow(/status of 401/);
  await context.clearCookies();
  await page.goto("about:blank");
  await page.goto(loginUrl);
  const refusal = page.getByRole("alert");
  await expect(refusal).toContainText("Not logged in");
  // It says what to do: where another URL comes from.
  await expect(page.getByText("netscan token login-url").first()).toBeVisible();
  await expect(page).toHaveURL(/\/login$/);
});

test("a token lets in, and a wrong one says so", async ({ page, errors }) => {
  errors.allow(/status of 401/);
  await page.goto(`${server().url}/login`);
  await page.getByLabel("Token").fill("nsk_aaaaaaaa_wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("alert")).toContainText("Not logged in");
  // What was typed is not left in the page.
  await expect(page.getByLabel("Token")).toHaveValue("");
  await page.getByLabel("Token").fill(server().token);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page).toHaveURL(`${server().url}/`);
});

test("after the login one is where one wanted to go", async ({ page, errors }) => {
  errors.allow(/status of 401/, /WebSocket connection/);
  await page.goto(`${server().url}/system/audit?action=login`);
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel("Token").fill(server().token);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${server().url}/system/audit?action=login`);
  await expect(page.getByLabel("Action")).toHaveValue("login");
});

test("next leads to no other site", async ({ page }) => {
  for (const next of ["//example.org/x", "https://example.org", "/\\example.org"]) {
    await page.goto(`${server().url}/login?next=${encodeURIComponent(next)}`);
    await page.getByLabel("Token").fill(server().token);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(`${server().url}/`);
  }
});

test("logging out ends the session", async ({ page, context, errors }) => {
  errors.allow(/status of 401/, /WebSocket connection/);
  await page.goto(`${server().url}/login`);
  await page.getByLabel("Token").fill(server().token);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  const name = (await server().ask<{ name: string }>("GET", "/api/session")).name;
  await page.getByRole("button", { name }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await expect(page).toHaveURL(/\/login$/);
  const after = await context.request.get(`${server().url}/api/scans`);
  expect(after.status()).toBe(401);
});
