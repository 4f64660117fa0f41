import { PAGES, alive, expect, expectAccessible, test } from "./site.js";

const SIZES = { wide: { width: 1280, height: 720 }, phone: { width: 360, height: 640 } };

// What of axe looks at colours: all that can differ between light and dark.
const COLOURS = ["color-contrast", "link-in-text-block"];

for (const path of PAGES) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(`axe finds nothing on /${path}, ${size}, light and dark`, async ({ page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: "light" });
      await page.goto(path);
      await alive(page);
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await ground();
      await expectAccessible(page);
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await ground()).not.toBe(light);
      await expectAccessible(page, { rules: COLOURS });
    });
  }

  test(`/${path} fits 320 pixels without a sideways scroll`, async ({ page }) => {
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto(path);
    await alive(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
}

test("the first stop of the keyboard skips to the text", async ({ page }) => {
  await page.goto("");
  await page.keyboard.press("Tab");
  await expect(page.locator(".skip")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("main")).toBeFocused();
});

test("the theme can be chosen, and is remembered", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByRole("button", { name: "Theme: auto" }).click();
  await page.getByRole("button", { name: "Theme: light" }).click();
  await expect(page.getByRole("button", { name: "Theme: dark" })).toBeVisible();
  const dark = await ground();
  expect(dark).not.toBe(light);
  await page.goto("lessons/");
  expect(await ground()).toBe(dark);
});
