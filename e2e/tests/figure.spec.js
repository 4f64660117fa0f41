// A figure under the reader's hands: by mouse, by keyboard alone, and as a link that somebody else opens.
import { alive, expect, expectAccessible, menu, now, test } from "./site.js";

const time = (page) => page.locator(".player .time").first();
const node = (page, place) => page.locator(`.stage [data-target=n${place}]`).first();

test.beforeEach(async ({ page }) => {
  await page.goto("playground/");
  await alive(page);
  await expect(page.locator(".stage .node").first()).toBeVisible();
});

test("nothing plays by itself", async ({ page }) => {
  const before = await time(page).textContent();
  await page.waitForTimeout(400);
  expect(await time(page).textContent()).toBe(before);
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
});

test("a click on a node crashes it, and the other run is kept", async ({ page }) => {
  await node(page, 0).click();
  await menu(page).getByRole("button", { name: /^Crash/ }).click();
  await expect(now(page)).toContainText("crashes");
  await expect(node(page, 0)).toHaveAttribute("aria-label", /crashed/);
  await expect(menu(page)).toHaveCount(0);
  await page.getByRole("button", { name: "Back to the first run" }).click();
  await expect(node(page, 0)).toHaveAttribute("aria-label", /serving/);
  await page.getByRole("button", { name: /^Back to the run where/ }).click();
  await expect(node(page, 0)).toHaveAttribute("aria-label", /crashed/);
});

test("a line is cut by the keyboard alone, and mended", async ({ page }) => {
  const line = page.locator(".stage [data-target='l0-2']");
  await line.focus();
  await page.keyboard.press("Enter");
  await expect(menu(page)).toBeVisible();
  await expect(menu(page).getByRole("button", { name: /^Cut this line/ })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(now(page)).toContainText("is cut");
  await expect(page.locator(".stage .tear").first()).toBeVisible();
  await expect(line).toBeFocused();
  await page.keyboard.press("Enter");
  await menu(page).getByRole("button", { name: /^Mend this line/ }).focus();
  await page.keyboard.press("Enter");
  await expect(page.locator(".stage .tear")).toHaveCount(0);
});

test("Escape closes a menu and gives the focus back", async ({ page }) => {
  const person = page.locator(".stage .person").first();
  await person.focus();
  await page.keyboard.press("Space");
  await expect(menu(page)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(menu(page)).toHaveCount(0);
  await expect(person).toBeFocused();
});

test("a person is sent to the counter, and a letter is dropped on its way", async ({ page }) => {
  await page.locator(".stage .person").first().click();
  await menu(page).getByRole("spinbutton", { name: "Amount" }).fill("35");
  await menu(page).getByRole("button", { name: "Deposit 35" }).click();
  await expect(now(page)).toContainText("Ann deposits 35");
  const letter = page.locator(".stage .letter").first();
  await letter.focus();
  await page.keyboard.press("Enter");
  await menu(page).getByRole("button", { name: /^Drop/ }).click();
  await expect(page.locator(".stage .lost").first()).toBeVisible();
});

test("keys step, jump and reset while the figure has the focus, and only then", async ({ page }) => {
  const start = await time(page).textContent();
  await page.keyboard.press("End");
  expect(await time(page).textContent()).toBe(start);
  await page.evaluate(() => scrollTo(0, 0));
  await node(page, 0).focus();
  await page.keyboard.press("ArrowRight");
  await expect(time(page)).not.toHaveText(start);
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("End");
  await expect(page.getByRole("slider", { name: "Moment" })).toHaveAttribute("aria-valuetext", /^Moment (\d+) of \1,/);
  await page.keyboard.press("Home");
  await expect(time(page)).toHaveText(start);
  await page.keyboard.press("?");
  await expect(page.getByRole("heading", { name: "Keys" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("heading", { name: "Keys" })).toBeHidden();
});

test("it plays, letters fly, and it pauses, also when it leaves the screen", async ({ page }) => {
  const slider = page.getByRole("slider", { name: "Moment" });
  await slider.fill("105000");
  const letter = page.locator(".stage .letter").first();
  const before = await letter.getAttribute("transform");
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await expect.poll(() => letter.getAttribute("transform")).not.toBe(before);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  const stopped = await slider.inputValue();
  await page.waitForTimeout(200);
  expect(await slider.inputValue()).toBe(stopped);
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await page.setViewportSize({ width: 900, height: 300 });
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeAttached();
});

test("why leads from a sentence to its causes", async ({ page }) => {
  await page.getByRole("slider", { name: "Moment" }).fill("200000");
  await page.getByRole("button", { name: "Why?" }).click();
  await expect(page.locator(".because li")).toHaveCount(1);
  await page.getByRole("button", { name: "And why that?" }).click();
  await expect(page.locator(".because li")).toHaveCount(2);
});

test("a link restores the exact moment", async ({ page }) => {
  await page.getByRole("slider", { name: "Moment" }).fill("130000");
  await page.getByRole("button", { name: "Cut in two" }).click();
  await node(page, 0).focus();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("button", { name: "Share" }).click();
  const link = await page.getByLabel("Link to this moment").inputValue();
  await page.keyboard.press("Escape");
  const seen = async () => [
    await time(page).textContent(),
    await now(page).textContent(),
    await page.locator(".stage").first().textContent(),
    await page.locator(".caption").first().textContent(),
  ];
  const here = await seen();
  await page.goto("about:blank");
  await page.goto(link);
  await alive(page);
  await expect.poll(seen).toEqual(here);
  const outcome = await page.evaluate((link) => window.netsplit.replay(link), link);
  expect(outcome.digest).toMatch(/^[0-9a-f]{16}$/);
  expect(outcome.events).toBeGreaterThan(10);
  expect(outcome.verdict).toContain("answered");
});

test("a bad link says what is wrong and leaves the figure as it was", async ({ page }) => {
  const caption = await page.locator(".caption").first().textContent();
  await page.goto("about:blank");
  await page.goto("playground/#AQAKYmFuay10");
  await alive(page);
  await expect(page.getByRole("alert")).toContainText("cut short");
  await expect(page.locator(".caption").first()).toHaveText(caption);
  await page.getByRole("button", { name: "All right" }).click();
  await expect(page.getByRole("alert")).toHaveCount(0);
  const thrown = await page.evaluate(() => {
    try {
      window.netsplit.replay("xx");
    } catch (error) {
      return error instanceof Error && error.message;
    }
  });
  expect(thrown).toContain("link");
});

test("the run can be saved as a file that carries its link", async ({ page }) => {
  await page.getByRole("button", { name: "Share" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save the run as a file" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.toml$/);
});

test("with less motion, letters stand in the middle of their way", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.reload();
  await alive(page);
  await page.getByRole("slider", { name: "Moment" }).fill("101000");
  const letter = page.locator(".stage .letter").first();
  const before = await letter.getAttribute("transform");
  await page.getByRole("slider", { name: "Moment" }).fill("102000");
  expect(await letter.getAttribute("transform")).toBe(before);
});

for (const [name, viewport] of Object.entries({ wide: { width: 1280, height: 800 }, phone: { width: 360, height: 640 } })) {
  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing in open menus and dialogs, ${colorScheme}, ${name}`, async ({ page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      const clean = async () => {
        await expectAccessible(page);
      };
      await page.getByRole("slider", { name: "Moment" }).fill("130000");
      await page.getByRole("button", { name: "Cut in two" }).click();
      await node(page, 0).click();
      const box = await menu(page).boundingBox();
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(viewport.width);
      await clean();
      await page.keyboard.press("Escape");
      await page.getByText("Settings").click();
      await page.getByRole("button", { name: "Share" }).click();
      await clean();
    });
  }
}
