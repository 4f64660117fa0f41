// What a page loads only when its reader comes to it.
import { alive, awake, expect, test } from "./site.js";

const LESSON = "lessons/two-servers-one-balance/";
const LATER = "**/*_later.wasm";

// The requests for it, as they come.
function requests(page) {
  const seen = [];
  page.on("request", (request) => {
    if (request.url().endsWith("_later.wasm")) seen.push(request.url());
  });
  return seen;
}

test("the views come when one scrolls near them, and nothing moves", async ({ page }) => {
  const seen = requests(page);
  await page.goto(LESSON);
  await awake(page);
  const views = page.locator(".views").first();
  const place = await views.boundingBox();
  await page.waitForLoadState("networkidle");
  expect(seen).toEqual([]);
  await expect(views.getByRole("tab").first()).toBeDisabled();
  await page.mouse.wheel(0, place.y - 800);
  await expect(views.getByRole("tab").first()).toBeEnabled();
  expect(seen).toHaveLength(1);
  const now = await views.boundingBox();
  expect(Math.abs(now.height - place.height)).toBeLessThanOrEqual(1);
});

test("a figure works before the rest is there, and its dialogs bring it", async ({ page }) => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route(LATER, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(LESSON);
  await awake(page);
  const figure = page.locator("[data-widget=sim]").first();
  const before = await figure.locator(".time").textContent();
  await figure.getByRole("button", { name: "Step", exact: true }).click();
  await expect(figure.locator(".time")).not.toHaveText(before);
  await figure.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  release();
  await expect(page.getByRole("dialog", { name: "Share this moment" })).toBeVisible();
});

test.describe("when it cannot be had", () => {
  test.use({ expected: /_later\.wasm|did not load|Failed to (fetch|load)/ });

  test("that is said once in each place, and one may try again", async ({ page }) => {
    const seen = requests(page);
    await page.route(LATER, (route) => route.fulfill({ status: 503, body: "" }));
    await page.goto(LESSON);
    await awake(page);
    await page.keyboard.press("Shift");
    const lines = page.locator(".failed", { hasText: "could not be loaded" });
    const waiting = page.locator("[data-waits], .views");
    await expect(lines).toHaveCount(await waiting.count());
    // Another key asks nobody again; the button does.
    await page.keyboard.press("Shift");
    await lines.first().getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => seen.length).toBe(2);
    await expect(lines).toHaveCount(await waiting.count());
    await page.unroute(LATER);
    await lines.last().getByRole("button", { name: "Try again" }).click();
    await alive(page);
    await expect(lines).toHaveCount(0);
  });
});
