// What the program serves is the UI, under a policy that lets it run, and lets nothing else run.
import AxeBuilder from "@axe-core/playwright";
import { expect, serverOfFile, test } from "./fixtures";

const server = serverOfFile({ auth: "none" });

for (const path of ["/", "/scans?status=running", "/system/about"]) {
  test(`${path} opens the UI without an error`, async ({ page }) => {
    const answer = await page.goto(server().url + path);
    expect(answer?.status()).toBe(200);
    await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  });
}

test("a scan that is not there is said to be not there", async ({ page, errors }) => {
  errors.allow(/status of 404/, /WebSocket connection/);
  await page.goto(`${server().url}/scans/4711/hosts?port=80`);
  await expect(page.getByText("There is no scan 4711")).toBeVisible();
});

test("an address without a page says so, within the frame", async ({ page }) => {
  await page.goto(`${server().url}/no/such/page`);
  await expect(page.getByText("There is no such page")).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await expect(page).toHaveTitle("No such page · netscan");
});

for (const [path, said] of [
  ["/hosts/999999", "There is no host 999999"],
  ["/batches/999999", "There is no batch 999999"],
  ["/batches/999999/raw/xml", "There is no batch 999999"],
  ["/projects/999999", "There is no project 999999"],
  ["/compare?a=999999&b=999998", "There is no scan 999999"],
] as const) {
  test(`${path} is said to be not there, not to have failed`, async ({ page, errors }) => {
    errors.allow(/status of 404/);
    await page.goto(server().url + path);
    await expect(page.getByText(said)).toBeVisible();
    await expect(page.getByRole("button", { name: "Try again" })).toHaveCount(0);
  });
}

test("nothing but the program's own scripts runs", async ({ page, errors }) => {
  await page.goto(server().url);
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  errors.allow(/Content Security Policy|^CSP: |Trusted(Script|HTML)/);
  const found = await page.evaluate(() => {
    const failures: string[] = [];
    const tryIt = (what: string, go: () => void) => {
      try {
        go();
      } catch {
        failures.push(what);
      }
    };
    tryIt("innerHTML", () => {
      document.createElement("div").innerHTML = "<b>x</b>";
    });
    const script = document.createElement("script");
    tryIt("script text", () => {
      script.textContent = "document.title = 'inline'";
    });
    document.head.append(script);
    const link = document.createElement("a");
    tryIt("handler", () => link.setAttribute("onclick", "document.title = 'inline'"));
    link.click();
    const style = document.createElement("style");
    style.textContent = "body { outline: 7px solid red }";
    document.head.append(style);
    return {
      failures,
      title: document.title,
      outline: getComputedStyle(document.body).outlineWidth,
    };
  });
  expect(found.failures).toContain("innerHTML");
  expect(found.title).not.toBe("inline");
  expect(found.outline).not.toBe("7px");
});

test("the command palette goes to a page by its name", async ({ page }) => {
  await page.goto(server().url);
  // The page listens for keys when its frame is there.
  await expect(page.getByRole("button", { name: /Find a host/ })).toBeVisible();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("syst");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/system$/);
});

test("the command palette goes to the page of an address", async ({ page }) => {
  await page.goto(server().url);
  await page.getByRole("button", { name: /Find a host/ }).click();
  await page.getByRole("combobox").fill("127.0.0.1");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/addresses\/127\.0\.0\.1$/);
});

test("an open menu is within the landmarks of the page", async ({ page }) => {
  await page.goto(server().url);
  await page.getByRole("button", { name: "Theme" }).click();
  await expect(page.getByRole("menuitem", { name: "Dark" })).toBeVisible();
  // The guards beside the menu take the focus for a moment only, to send it on.
  const { violations } = await new AxeBuilder({ page })
    .exclude("[data-base-ui-focus-guard]")
    .analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
});
