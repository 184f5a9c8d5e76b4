// A scan is started without a pointer.
import type { Locator, Page } from "@playwright/test";
import { expect, logIn, serverOfFile, test } from "./fixtures";

const server = serverOfFile();
test.beforeEach(async ({ context }) => logIn(context, server()));

/** Presses Tab until it is there. Each stop on the way shows where one is. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let stops = 0; stops < 80; stops += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
    const isSeen = await page.evaluate(() => {
      const at = document.activeElement;
      if (!at || at === document.body) return true;
      const look = getComputedStyle(at);
      return look.outlineStyle !== "none" || look.boxShadow !== "none";
    });
    expect(isSeen, "the focus shows").toBe(true);
  }
  throw new Error("80 stops, and not there");
}

test("from the overview to a running scan, by keys alone", async ({ page }) => {
  await page.goto(server().url);
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  // The first stop skips what is on every page.
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("new sc");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/scans\/new$/);
  const targets = page.getByLabel("Targets", { exact: true });
  await expect(targets).toBeVisible();
  await tabTo(page, targets);
  await page.keyboard.type("127.0.0.1");
  const flags = page.getByLabel(/nmap flags$/);
  await tabTo(page, flags);
  await page.keyboard.type("-sT -p1-5");
  const start = page.getByRole("button", { name: /^Start scan/ });
  await expect(start).toBeEnabled();
  await tabTo(page, start);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/scans\/\d+$/);
  await expect(page.getByText("Completed").first()).toBeVisible({ timeout: 20_000 });
});

test("a dialog takes the focus, keeps it, and gives it back", async ({ page }) => {
  await page.goto(`${server().url}/system/tokens`);
  const create = page.getByRole("button", { name: "Create token" }).first();
  await create.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  for (let stops = 0; stops < 12; stops += 1) {
    await page.keyboard.press("Tab");
    expect(await dialog.evaluate((box) => box.contains(document.activeElement))).toBe(true);
  }
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(create).toBeFocused();
});
