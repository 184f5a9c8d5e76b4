// What the program serves is the UI, under a policy that lets it run, and lets nothing else run.
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

test("an address without a page says so", async ({ page }) => {
  await page.goto(`${server().url}/no/such/page`);
  await expect(page.getByText("There is no such page")).toBeVisible();
});

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
