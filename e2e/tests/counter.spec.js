import { alive, expect, test } from "./site.js";

const north = (page) => page.locator(".book .value").first();
const south = (page) => page.locator(".book .value").last();

test.beforeEach(async ({ page }) => {
  await page.goto("");
  await alive(page);
});

test("the books part when the line is cut, by mouse", async ({ page }) => {
  await page.getByRole("button", { name: "Deposit at North" }).click();
  await expect(south(page)).toHaveText("1");
  await page.getByRole("button", { name: "Cut the line" }).click();
  await page.getByRole("button", { name: "Deposit at North" }).click();
  await expect(north(page)).toHaveText("2");
  await expect(south(page)).toHaveText("1");
  await expect(page.getByRole("status")).toContainText("has not heard of 1 deposit");
});

test("the books part when the line is cut, by keyboard", async ({ page }) => {
  await page.getByRole("button", { name: "Deposit at North" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Space");
  await expect(north(page)).toHaveText("2");
  await expect(south(page)).toHaveText("1");
});
