// Zab and Spanner under the reader's hands: epochs, reads that are old or not, and clocks that say how sure they are.
import { PHONE, alive, expect, expectAccessible, menu, moment, playground, server, test } from "./site.js";

const verdict = (page) => page.locator(".verdict").first();

async function choose(page, scenario, first) {
  await playground(page, scenario);
  await expect(server(page, 1)).toHaveAttribute("aria-label", first);
}

test("a leader that is cut off gives up, and the others begin an epoch", async ({ page }) => {
  await choose(page, "zab-five-cut", /S1, looking · 1/);
  await moment(page, 1_500);
  await expect(server(page, 5)).toHaveAttribute("aria-label", /S5, leader · 1,/);
  await moment(page, 2_500);
  await expect(server(page, 5)).toHaveAttribute("aria-label", /S5, looking · 2,/);
  await expect(server(page, 4)).toHaveAttribute("aria-label", /S4, leader · 2,/);
  // Whatever a card says of its server leaves room for its name.
  for (const name of await page.locator(".stage.wide .node .name").allTextContents()) expect(name).toMatch(/^S\d$/);
});

test("by the keyboard alone somebody reads what is old, and after a sync what is not", async ({ page }) => {
  await choose(page, "zab-stale-read", /S1, looking · 1/);
  const ann = page.locator(".stage .person").first();
  await moment(page, 1_309);
  await expect(ann).toHaveAttribute("aria-label", /x\?, heard: 0 in/);
  await moment(page, 1_289);
  await ann.focus();
  await page.keyboard.press("Enter");
  await expect(menu(page).getByRole("button", { name: "Read x from whoever is asked" })).toHaveCount(0);
  await menu(page).getByRole("button", { name: "Read x after a sync" }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".sim-body").focus();
  await page.keyboard.press("End");
  await expect(ann).toHaveAttribute("aria-label", /x\?, heard: 1 in/);
  await expect(verdict(page)).toContainText("Consistent");
});

test("a server says between which moments the time is, and a write waits until its own is past", async ({ page }) => {
  await choose(page, "multi-truetime", /S1, acceptor, /);
  await moment(page, 1_590);
  await server(page, 1).click();
  await page.getByRole("tab", { name: "Inspector" }).click();
  await expect(page.getByRole("tabpanel")).toContainText("1570 to 1690 ms");
  await page.getByRole("tab", { name: "Space and time" }).click();
  await expect(page.locator(".st-sure")).toHaveCount(3);
  await expect(page.locator(".stage .person").first()).toHaveAttribute("aria-label", /x = 1, waits/);
  await moment(page, 1_750);
  await expect(page.locator(".stage .person").first()).toHaveAttribute("aria-label", /x = 1, heard: done/);
});

test("on a phone they fit, and all of it is open to all", async ({ page }) => {
  await page.setViewportSize(PHONE);
  await choose(page, "zab-five-cut", /S1, looking · 1/);
  await moment(page, 2_300);
  await alive(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
  await expectAccessible(page);
});
