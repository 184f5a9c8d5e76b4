// A quick scan: one nmap, waited for.
import { expect, logIn, openService, serverOfFile, test } from "./fixtures";

const server = serverOfFile();
test.beforeEach(async ({ context }) => logIn(context, server()));

test("a quick scan shows what it found, and is kept", async ({ page }) => {
  const service = await openService("quick");
  await page.goto(`${server().url}/quick`);
  await page.getByLabel(/^Targets?$/).fill(service.address);
  await page
    .getByLabel(/flags$/i)
    .first()
    .fill(`-sT -Pn -p${service.port}`);
  await page.getByRole("button", { name: /^(Run|Scan|Start)/ }).click();
  await expect(page.getByText(`${service.port}/tcp`).first()).toBeVisible({ timeout: 20_000 });
  const scans = await server().ask<{ project_name: string; status: string }[]>("GET", "/api/scans");
  expect(scans[0]).toMatchObject({ project_name: "Quick scans", status: "completed" });
  await service.close();
});
