// A cart under the reader's hands: people shop, and whoever runs the system lets a replica take over.
import { expect, expectAccessible, menu, now, playground, test } from "./site.js";

test.beforeEach(async ({ page }) => {
  await playground(page, "cart-promotion-lost");
  await expect(page.locator(".stage [data-target=n0]").first()).toHaveAttribute("aria-label", /Dublin, primary/);
});

test("somebody puts a thing into the cart, takes it out and looks, by the keyboard alone", async ({ page }) => {
  const person = page.locator(".stage .person").first();
  await person.focus();
  await page.keyboard.press("Enter");
  await menu(page).getByRole("combobox", { name: "Thing" }).selectOption("kite");
  const add = menu(page).getByRole("button", { name: "Add a kite" });
  await add.focus();
  await page.keyboard.press("Enter");
  await expect(now(page)).toContainText("puts a kite into the cart");
  await page.getByRole("slider", { name: "Moment" }).fill("60000");
  await person.focus();
  await page.keyboard.press("Enter");
  await menu(page).getByRole("button", { name: "Remove a lamp" }).click();
  await expect(now(page)).toContainText("takes a lamp out of the cart");
  await page.getByRole("slider", { name: "Moment" }).fill("90000");
  await person.focus();
  await page.keyboard.press("Enter");
  await menu(page).getByRole("button", { name: "Look into the cart" }).click();
  await expect(now(page)).toContainText("looks into the cart");
});

test("a replica takes over, and what it had not got is lost", async ({ page }) => {
  await page.getByRole("slider", { name: "Moment" }).fill("650000");
  await page.locator(".stage [data-target=n1]").focus();
  await page.keyboard.press("Enter");
  await menu(page).getByRole("button", { name: /^Promote/ }).click();
  await expect(now(page)).toContainText("Boston is told to take over as primary");
  await page.locator(".sim-body").focus();
  await page.keyboard.press("End");
  await expect(page.locator(".verdict").first()).toContainText("A confirmed write was lost");
});

test("its menus and its verdict are open to all", async ({ page }) => {
  await page.locator(".stage .person").first().focus();
  await page.keyboard.press("Enter");
  await expect(menu(page)).toBeVisible();
  await expectAccessible(page);
});
