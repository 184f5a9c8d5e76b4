// What the program serves is the UI, and its policy lets the UI run.
import { expect, test } from "./server";

for (const path of ["/", "/scans/12/hosts?port=80"]) {
  test(`${path} opens the UI without an error`, async ({ page, server }) => {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      // A scan that is not there is answered with 404, which the browser tells as an error.
      const isOfTheApi = message.location().url.startsWith(`${server}/api/`);
      if (message.type() === "error" && !isOfTheApi) errors.push(message.text());
    });
    const answer = await page.goto(server + path);
    expect(answer?.status()).toBe(200);
    await expect(page.locator("#root > *").first()).toBeVisible();
    expect(errors).toEqual([]);
  });
}
