import { PAGES, alive, expect, test } from "./site.js";

for (const path of PAGES) {
  test(`/${path} loads, quietly and from its own origin alone`, async ({ page }) => {
    await page.goto(path);
    await expect(page.locator("h1")).toBeVisible();
    await alive(page);
  });
}

test("the links between the pages lead to pages", async ({ page, baseURL }) => {
  for (const path of PAGES) {
    await page.goto(path);
    const links = await page.locator("a[href]").evaluateAll((all) => all.map((link) => link.href));
    for (const link of new Set(links)) {
      if (!link.startsWith(baseURL)) continue;
      expect((await page.request.get(link)).status(), link).toBe(200);
    }
  }
});
