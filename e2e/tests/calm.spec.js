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

test.describe("when the module stops", () => {
  test.use({ expected: /unreachable/ });
  // A panic in the release is a trap, and a trap an error without a word of ours.
  test("while it begins, the still figures stay and say so", async ({ page }) => {
    await page.addInitScript(() => {
      const instantiate = WebAssembly.instantiate;
      WebAssembly.instantiate = async (...given) => {
        const instance = await instantiate(...given);
        const mount = () => {
          // (module (func (export "mount") unreachable))
          const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 9, 1, 5, 109, 111, 117, 110, 116, 0, 0, 10, 5, 1, 3, 0, 0, 11];
          new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes))).exports.mount();
        };
        return Object.create(instance, { exports: { value: { ...instance.exports, mount } } });
      };
    });
    await page.goto("");
    await expect(page.getByText("This figure stands still")).toBeVisible();
    await expect(page.locator(".stage .node").first()).toBeVisible();
  });
});
