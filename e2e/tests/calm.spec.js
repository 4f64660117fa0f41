// The text is there before the module, does not move when it arrives, and stays if it never does.
import { PAGES, alive, expect, test } from "./site.js";

for (const path of PAGES) {
  test(`nothing on /${path} moves when the module arrives`, async ({ page }) => {
    await page.addInitScript(() => {
      window.shifts = [];
      new PerformanceObserver((list) => {
        window.shifts.push(...list.getEntries().map((entry) => entry.value));
      }).observe({ type: "layout-shift", buffered: true });
    });
    // Late enough that the still page has been painted.
    await page.route("**/*.wasm", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      await route.continue();
    });
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 640 });
      await page.goto(path);
      await expect(page.locator("h1")).toBeVisible();
      await alive(page);
      await page.waitForTimeout(200);
      expect(await page.evaluate(() => window.shifts)).toEqual([]);
    }
  });
}

test.describe("without JavaScript", () => {
  // A script that was asked for early is then let go.
  test.use({ javaScriptEnabled: false, expected: /^failed: .*\.(js|wasm)$/ });
  // The page for frames is a figure and nothing else.
  for (const path of PAGES.filter((path) => path !== "embed/")) {
    test(`/${path} can be read`, async ({ page }) => {
      await page.goto(path);
      await expect(page.locator("h1")).toBeVisible();
      await expect(page.locator("main > p").nth(1)).toBeVisible();
      await expect(page.getByRole("link", { name: "Lessons" })).toBeVisible();
      await expect(page.locator(".theme")).toBeHidden();
    });
  }
});

test.describe("when the module does not load", () => {
  test.use({ expected: /404|failed: .*\.wasm$/ });
  test("the still figure stays, and says why it stands still", async ({ page }) => {
    await page.route("**/*.wasm", (route) => route.fulfill({ status: 404 }));
    await page.goto("");
    await expect(page.getByText("This figure stands still")).toBeVisible();
    await expect(page.locator(".stage .node").first()).toBeVisible();
  });
});
